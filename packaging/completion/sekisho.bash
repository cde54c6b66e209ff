# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for sekisho(1).

_sekisho_complete()
{
    local cur prev words cword
    _init_completion -n : || return

    # What the option before the cursor wants.
    case $prev in
    --kind)
        local kinds='internal external'
        [[ ${words[1]} == audit ]] || kinds=$(_sekisho_kinds)
        [[ ${words[1]} != incident ]] || kinds='leak loss damage sign violation'
        mapfile -t COMPREPLY < <(compgen -W "$kinds" -- "$cur")
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
    --since | --until | --received | --returned | --date | --closed | --known)
        mapfile -t COMPREPLY < <(compgen -W "today yesterday $(date +%F)" -- "$cur")
        return ;;
    --user)
        mapfile -t COMPREPLY < <(compgen -u -- "$cur")
        return ;;
    --stage)
        mapfile -t COMPREPLY < <(compgen -W 'first final' -- "$cur")
        return ;;
    --to | --config | --state | --root | --certificate | --templates)
        _filedir -d
        return ;;
    --from)
        if [[ ${words[1]} != attest && ${words[1]} != asset && ${words[1]} != permit && ${words[1]} != operator ]]; then
            _filedir
        fi
        return ;;
    --document | --template | --sigtool)
        _filedir
        return ;;
    --reason | --permit | --purpose | --medium | --contents | --destination | --carrier | --copies | --request | --path | --head | --key | --limit | --statement | --entered | --left | --person | --subject | --folder | \
        --what | --reference | --cause | --measure | --no-report)
        return ;;
    esac

    local command=${words[1]}
    if ((cword == 1)); then
        mapfile -t COMPREPLY < <(compgen -W \
            'status check mode usb net permit request medium attest visit asset review audit incident log usage verify export enrol site report policy antivirus operator erase prune dispose --help --version' -- "$cur")
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
    request)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list make approve refuse withdraw' -- "$cur")
        fi ;;
    medium)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'out in list' -- "$cur")
        fi ;;
    attest)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W "list check end clauses $(_sekisho_clauses)" -- "$cur")
        elif [[ ${words[2]} == check ]]; then
            _filedir
        fi ;;
    visit)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'in out list' -- "$cur")
        fi ;;
    asset)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'add return list' -- "$cur")
        fi ;;
    review)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'sign list' -- "$cur")
        fi ;;
    audit)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'add close list' -- "$cur")
        fi ;;
    incident)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list show open ack note report close draft' -- "$cur")
        elif [[ ${words[2]} == report ]] && ((cword == 4)); then
            mapfile -t COMPREPLY < <(compgen -W 'first final' -- "$cur")
        fi ;;
    operator)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'list add change trained remove' -- "$cur")
        elif ((cword == 3)); then
            mapfile -t COMPREPLY < <(compgen -u -- "$cur")
        fi ;;
    dispose)
        if ((cword == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'add list' -- "$cur")
        fi ;;
    erase)
        _filedir ;;
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

# "4.2" for "4 (2)": without brackets that a shell would want quoted.
_sekisho_clauses()
{
    LC_ALL=C.UTF-8 sekisho attest clauses --json 2>/dev/null |
        sed -nE 's/.*"clause": *"([0-9]+)( \(([0-9]+)\))?".*/\1.\3/p' | sed 's/\.$//'
}

_sekisho_kinds()
{
    echo 'agent.* antivirus.* airgap.* approval.* asset.* attestation.* audit.* clock.* equipment.* erase.* export.* file.* finding.* incident.* ledger.* login.*
        medium.* mode.* network.* operator.* permit.* policy.* posture.* register.* report.* request.* review.* session.*
        trail.* usb.* visit.* agent.started agent.stopped agent.gap agent.tampered policy.loaded
        policy.rejected mode.changed clock.stepped host.enrolled ledger.opened ledger.sealed ledger.pruned
        register.stated export.created report.created usb.allowed usb.blocked usb.removed
        approval.granted approval.ended medium.mounted medium.written medium.refused
        permit.granted permit.ended login.succeeded login.failed login.refused login.ended
        session.locked session.unlocked file.read file.written file.created file.deleted
        file.renamed file.changed file.printed trail.read network.blocked network.allowed network.changed airgap.broken
        airgap.restored request.approved request.made request.refused request.withdrawn incident.opened
        incident.acknowledged incident.closed incident.noted incident.reported incident.overdue finding.changed posture.ok posture.failed
        attestation.made attestation.ended visit.recorded visit.ended asset.lent asset.returned medium.taken medium.returned medium.overdue review.signed
        audit.recorded audit.closed storage.encrypted storage.unencrypted antivirus.ok antivirus.failed
        antivirus.detected antivirus.updated operator.added operator.changed operator.trained operator.removed erase.begun erase.done equipment.disposed'
}

complete -F _sekisho_complete sekisho
