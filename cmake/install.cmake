# SPDX-License-Identifier: GPL-3.0-or-later
# What goes where on the machine, beside the programs (CMakeLists.txt). One list, in the order of
# the file system; /etc and /usr/lib are what the contract names, whatever the prefix.

# ---- The policy --------------------------------------------------------------------------------
install(FILES policy/policy.conf DESTINATION /etc/sekisho)
install(DIRECTORY DESTINATION /etc/sekisho/policy.d)

# ---- Antivirus products ------------------------------------------------------------------------
install(FILES policy/antivirus.d/clamav.conf policy/antivirus.d/defender.conf
    policy/antivirus.d/eset.conf policy/antivirus.d/sophos.conf policy/antivirus.d/trendmicro.conf
    DESTINATION lib/sekisho/antivirus.d)
install(FILES policy/antivirus.d/generic.conf.example DESTINATION share/doc/sekisho)
install(DIRECTORY DESTINATION /etc/sekisho/antivirus.d)

# ---- systemd -----------------------------------------------------------------------------------
install(FILES systemd/sekishod.service systemd/sekisho-close.service
    systemd/sekisho-initramfs.service systemd/sekisho-initramfs-check.service
    systemd/sekisho-airgap.service
    DESTINATION lib/systemd/system)
install(FILES systemd/user/sekisho-notify.service DESTINATION lib/systemd/user)
install(FILES packaging/autostart/sekisho-notify.desktop DESTINATION /etc/xdg/autostart)
install(FILES systemd/sekisho.catalog DESTINATION lib/systemd/catalog)
install(FILES systemd/sekisho.sysusers DESTINATION lib/sysusers.d RENAME sekisho.conf)
install(FILES systemd/sekisho.tmpfiles DESTINATION lib/tmpfiles.d RENAME sekisho.conf)

# ---- The bus -----------------------------------------------------------------------------------
install(FILES policy/dbus/org.sekisho.Agent1.conf DESTINATION share/dbus-1/system.d)
install(FILES agent/bus/org.sekisho.Agent1.xml DESTINATION share/dbus-1/interfaces)
install(FILES policy/polkit/org.sekisho.agent1.policy DESTINATION share/polkit-1/actions)
install(FILES policy/polkit/60-sekisho.rules DESTINATION share/polkit-1/rules.d)

# ---- The gate before and after the root file system ---------------------------------------------
install(FILES policy/udev/58-sekisho-net.rules policy/udev/59-sekisho-medium.rules policy/udev/60-sekisho-usb.rules
    policy/udev/72-sekisho-medium.rules DESTINATION lib/udev/rules.d)
install(PROGRAMS packaging/initramfs/hook DESTINATION share/initramfs-tools/hooks RENAME sekisho)
install(PROGRAMS packaging/initramfs/content DESTINATION libexec/sekisho RENAME initramfs-content)
install(PROGRAMS packaging/initramfs/renew DESTINATION libexec/sekisho RENAME initramfs-renew)

# ---- Logins -------------------------------------------------------------------------------------
install(FILES packaging/pam/sekisho DESTINATION share/pam-configs)

# ---- Reports ------------------------------------------------------------------------------------
install(FILES policy/templates/erasure.en.html policy/templates/erasure.en.txt
    policy/templates/erasure.ja.html policy/templates/erasure.ja.txt
    policy/templates/recovery.html
    DESTINATION share/sekisho/templates)
install(FILES policy/templates/report.en.csv policy/templates/report.en.html
    policy/templates/report.ja.csv policy/templates/report.ja.html
    policy/templates/incident.en.html policy/templates/incident.en.txt
    policy/templates/incident.ja.html policy/templates/incident.ja.txt
    DESTINATION share/sekisho/templates)

# ---- Messages ----------------------------------------------------------------------------------
find_package(Gettext REQUIRED)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/po/ja.mo
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/po
    COMMAND ${GETTEXT_MSGFMT_EXECUTABLE} --check --output-file=${CMAKE_BINARY_DIR}/po/ja.mo
        ${CMAKE_SOURCE_DIR}/packaging/po/ja.po
    DEPENDS ${CMAKE_SOURCE_DIR}/packaging/po/ja.po
    COMMENT "Compiling the Japanese messages")
add_custom_target(messages ALL DEPENDS ${CMAKE_BINARY_DIR}/po/ja.mo)
install(FILES ${CMAKE_BINARY_DIR}/po/ja.mo DESTINATION share/locale/ja/LC_MESSAGES
    RENAME sekisho.mo)

# ---- For people --------------------------------------------------------------------------------
install(FILES packaging/completion/sekisho.bash
    DESTINATION share/bash-completion/completions RENAME sekisho)
foreach(page sekisho.1 sekisho-antivirus.1 sekisho-asset.1 sekisho-attest.1 sekisho-audit.1
        sekisho-check.1 sekisho-dispose.1 sekisho-enrol.1 sekisho-erase.1 sekisho-export.1 sekisho-incident.1
        sekisho-log.1 sekisho-medium.1 sekisho-mode.1 sekisho-net.1 sekisho-operator.1
        sekisho-permit.1 sekisho-policy.1 sekisho-registers.1 sekisho-report.1 sekisho-request.1
        sekisho-prune.1 sekisho-review.1 sekisho-site.1
        sekisho-status.1 sekisho-usage.1 sekisho-usb.1 sekisho-verify.1 sekisho-visit.1
        sekisho-policy.conf.5 sekisho-events.7 sekisho-storage.7 sekisho-trail.7 sekisho.7
        airgap.8 health.8 medium-look.8 pam_sekisho.8 sekisho-notify.8 sekishod.8 usb-verdict.8)
    string(REGEX REPLACE ".*\\." "" section ${page})
    install(FILES packaging/man/${page} DESTINATION share/man/man${section})
endforeach()
install(FILES packaging/man/ja/sekisho.1 DESTINATION share/man/ja/man1)
install(FILES packaging/man/ja/pam_sekisho.8 DESTINATION share/man/ja/man8)
