#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Brings ja.po up to the messages in agent/. New ones come in empty, changed ones fuzzy: translate
# both. With --template FILE it only writes the template there (the check and the build use that).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cd "$top"

write_template() {
    find agent -name '*.[ch]' | LC_ALL=C sort | xgettext --files-from=- --output="$1" \
        --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --add-comments=Translators: \
        --no-wrap --package-name=sekisho --copyright-holder='sekisho developers' \
        --msgid-bugs-address='the sekisho developers'
    sed -i '/^"POT-Creation-Date/d' "$1"
}

if [ "${1-}" = --template ]; then
    write_template "$2"
    exit 0
fi
template=$(mktemp)
trap 'rm -f "$template"' EXIT
write_template "$template"
msgmerge --quiet --update --backup=none --no-wrap --no-location "$here/ja.po" "$template"
msgattrib --no-obsolete --no-wrap --no-location -o "$here/ja.po" "$here/ja.po"
msgfmt --check --statistics --output-file=/dev/null "$here/ja.po"
