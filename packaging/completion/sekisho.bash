# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for sekisho(1).

_sekisho_complete()
{
    local cur prev words cword
    _init_completion -n : || return

    # What the option before the cursor wants.
    case $prev in
    --kind)
        mapfile -t COMPREPLY < <(compgen -W "$(_sekisho_kinds)" -- "$cur")
        return ;;
    --severity)
        mapfile -t COMPREPLY < <(compgen -W 'info notice warning violation' -- "$cur")
        return ;;
    --lang)
        mapfile -t COMPREPLY < <(compgen -W 'ja en' -- "$cur")
        return ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W 'table json csv html' -- "$cur")
        return ;;
    --month)
        mapfile -t COMPREPLY < <(compgen -W "$(date +%Y-%m) $(date -d "$(date +%Y-%m-01) -1 day" +%Y-%m)" -- "$cur")
        return ;;
    --since | --until)
        mapfile -t COMPREPLY < <(compgen -W "today yesterday $(date +%F)" -- "$cur")
        return ;;
    --user)
        mapfile -t COMPREPLY < <(compgen -u -- "$cur")
        return ;;
    --to | --config | --state | --root)
        _filedir -d
        return ;;
    --from | --template | --sigtool)
        _filedir
        return ;;
    --reason | --permit | --path | --head | --key | --limit)
        return ;;
    esac

    local command=${words[1]}
    if ((cword == 1)); then
        mapfile -t COMPREPLY < <(compgen -W \
            'status check mode usb net permit log usage verify export report policy antivirus --help --version' -- "$cur")
        return
    fi
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_sekisho_options "$command") --help --json" -- "$cur")
        return
    fi
    case $command in
    mode)
        mapfile -t COMPREPLY < <(compgen -W 'usb network observe enforce' -- "$cur") ;;
    usb)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list allow forget learn' -- "$cur")
        fi ;;
    net)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list allow forget peer' -- "$cur")
        elif [[ ${words[2]} == peer ]] && ((cword == 3)); then
            mapfile -t COMPREPLY < <(compgen -W 'add remove' -- "$cur")
        fi ;;
    permit)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list add revoke' -- "$cur")
        fi ;;
    policy)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'check' -- "$cur")
        else
            _filedir
        fi ;;
    antivirus)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'import' -- "$cur")
        else
            _filedir -d
        fi ;;
    verify)
        _filedir ;;
    esac
}

# The options of a command are those that its own help prints.
_sekisho_options()
{
    LC_ALL=C.UTF-8 sekisho "$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u
}

_sekisho_kinds()
{
    echo 'agent.* antivirus.* airgap.* approval.* clock.* export.* file.* finding.* incident.* ledger.* login.*
        medium.* mode.* network.* permit.* policy.* posture.* register.* report.* request.* session.*
        trail.* usb.* agent.started agent.stopped agent.gap agent.tampered policy.loaded
        policy.rejected mode.changed clock.stepped ledger.opened ledger.sealed ledger.pruned
        register.stated export.created report.created usb.allowed usb.blocked usb.removed
        approval.granted approval.ended medium.mounted medium.written medium.refused
        permit.granted permit.ended login.succeeded login.failed login.refused login.ended
        session.locked session.unlocked file.read file.written file.created file.deleted
        file.renamed file.changed file.printed trail.read network.blocked network.allowed network.changed airgap.broken
        airgap.restored request.approved incident.opened
        incident.acknowledged incident.closed finding.changed posture.ok posture.failed
        antivirus.ok antivirus.failed antivirus.detected antivirus.updated
        storage.encrypted storage.unencrypted'
}

complete -F _sekisho_complete sekisho
