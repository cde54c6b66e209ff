# SPDX-License-Identifier: GPL-3.0-or-later
"""Export, verify and report in a guest."""

from guest import Guest
from scenario import Keyboard, Scenario, enforcing, wait_named, wait_rows

PACKAGE = "/root/out"

with Scenario("the month comes out as a package that verifies") as s:
    with Guest(enforcing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        guest.run("sekisho usb allow 46f4:0001:GOOD --reason monthly --permit 17")
        for serial in ("BAD1", "GOOD", "BAD2"):
            stick = guest.plug(s.stick(serial))
            wait_named(guest, "usb.*", serial)
            guest.unplug(stick)
        month = guest.run("TZ=Asia/Tokyo date +%Y-%m").out.strip()
        made = guest.run(f"mkdir -p {PACKAGE} && sekisho export --month {month} --to {PACKAGE}", timeout=120)
        s.check("export says what the package holds", month in made.out, made.out)
        folder = guest.run(f"ls -d {PACKAGE}/*").out.strip()
        s.check("it is marked partial", "partial" in folder, folder)
        verdict = guest.run(f"sekisho verify {folder}", check=False)
        s.check("verify accepts it", verdict.ok, verdict.out + verdict.err)
        report = guest.run(f"sekisho report --month {month} --to /root/report.html && sekisho report --month {month} --lang en "
                           "--to /root/report-en.html", check=False, timeout=120)
        s.check("the report is made in both languages", report.ok, report.err)
        for row_kind in ("export.created", "report.created"):
            s.check(f"{row_kind} is recorded", wait_rows(guest, row_kind, 1) != [])
        html = guest.pull("/root/report.html").decode()
        for word in ("BAD1", "BAD2", "GOOD", "特定個人情報"):
            s.check(f"the report names {word}", word in html)
        s.check("the report loads nothing from elsewhere", "http://" not in html.replace("http://www.w3.org/", "")
                and "https://" not in html)

        guest.run(f"sed -i 's/BAD1/GOOD/' {folder}/events.csv")
        s.check("a changed CSV is found", guest.run(f"sekisho verify {folder}", check=False).status == 1)
