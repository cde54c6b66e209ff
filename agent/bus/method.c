// SPDX-License-Identifier: GPL-3.0-or-later
// The table of methods and the step from arguments to a handler.
#include "bus/method.h"

#include "base/text.h"

#define ACTION "org.sekisho.agent1."

static int run_allow(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->allow(call->context, call->who, call->arguments->texts[0],
                                 call->arguments->document, ret_answer, ret_why);
}

static int run_accept(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->accept(call->context, call->who, call->arguments->texts[0], ret_answer,
                                  ret_why);
}

static int run_forget(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->forget(call->context, call->who, call->arguments->texts[0], ret_answer,
                                  ret_why);
}

static int run_learn(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->learn(call->context, call->who, ret_answer, ret_why);
}

static int run_grant_permit(const struct method_call *call, json_object **ret_answer,
                            char **ret_why)
{
    return call->handlers->grant_permit(call->context, call->who, call->arguments->texts[0],
                                        call->arguments->document, ret_answer, ret_why);
}

static int run_end_permit(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->end_permit(call->context, call->who, call->arguments->texts[0],
                                      ret_answer, ret_why);
}

static int run_add_record(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->add_record(call->context, call->who, call->arguments->texts[0],
                                      call->arguments->document, ret_answer, ret_why);
}

static int run_end_record(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->end_record(call->context, call->who, call->arguments->texts[0],
                                      call->arguments->texts[1], call->arguments->document,
                                      ret_answer, ret_why);
}

static int run_list_records(const struct method_call *call, json_object **ret_answer,
                            char **ret_why)
{
    return call->handlers->list_records(call->context, call->arguments->texts[0], ret_answer,
                                        ret_why);
}

static int run_add_operator(const struct method_call *call, json_object **ret_answer,
                            char **ret_why)
{
    return call->handlers->add_operator(call->context, call->who, call->arguments->texts[0],
                                        call->arguments->document, ret_answer, ret_why);
}

static int run_change_operator(const struct method_call *call, json_object **ret_answer,
                               char **ret_why)
{
    return call->handlers->change_operator(call->context, call->who, call->arguments->texts[0],
                                           call->arguments->document, ret_answer, ret_why);
}

static int run_train_operator(const struct method_call *call, json_object **ret_answer,
                              char **ret_why)
{
    return call->handlers->train_operator(call->context, call->who, call->arguments->texts[0],
                                          call->arguments->document, ret_answer, ret_why);
}

static int run_remove_operator(const struct method_call *call, json_object **ret_answer,
                               char **ret_why)
{
    return call->handlers->remove_operator(call->context, call->who, call->arguments->texts[0],
                                           call->arguments->document, ret_answer, ret_why);
}

static int run_list_operators(const struct method_call *call, json_object **ret_answer,
                              char **ret_why)
{
    return call->handlers->list_operators(call->context, ret_answer, ret_why);
}

static int run_set_mode(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->set_mode(call->context, call->who, call->arguments->texts[0],
                                    call->arguments->texts[1], call->arguments->flag, ret_answer,
                                    ret_why);
}

static int run_confirm_mode(const struct method_call *call, json_object **ret_answer,
                            char **ret_why)
{
    return call->handlers->confirm_mode(call->context, call->who, ret_answer, ret_why);
}

static int run_reload(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->reload(call->context, call->who, ret_answer, ret_why);
}

static int run_seal(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->seal(call->context, call->who, call->arguments->texts[0], ret_answer,
                                ret_why);
}

static int run_record(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->record(call->context, call->who, call->arguments->texts[0],
                                  call->arguments->texts[1], call->arguments->document, ret_answer,
                                  ret_why);
}

static int run_acknowledge(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->acknowledge(call->context, call->who, call->arguments->number,
                                       ret_answer, ret_why);
}

static int run_make_request(const struct method_call *call, json_object **ret_answer,
                            char **ret_why)
{
    return call->handlers->make_request(call->context, call->who, call->arguments->texts[0],
                                        call->arguments->document, ret_answer, ret_why);
}

static int run_approve_request(const struct method_call *call, json_object **ret_answer,
                               char **ret_why)
{
    return call->handlers->approve_request(call->context, call->who, call->arguments->texts[0],
                                           call->arguments->document, ret_answer, ret_why);
}

static int run_refuse_request(const struct method_call *call, json_object **ret_answer,
                              char **ret_why)
{
    return call->handlers->refuse_request(call->context, call->who, call->arguments->texts[0],
                                          call->arguments->texts[1], ret_answer, ret_why);
}

static int run_withdraw_request(const struct method_call *call, json_object **ret_answer,
                                char **ret_why)
{
    return call->handlers->withdraw_request(call->context, call->who, call->arguments->texts[0],
                                            ret_answer, ret_why);
}

static int run_take_out(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->take_out(call->context, call->who, call->arguments->document, ret_answer,
                                    ret_why);
}

static int run_bring_back(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->bring_back(call->context, call->who, call->arguments->texts[0],
                                      call->arguments->document, ret_answer, ret_why);
}

static int run_begin_erasure(const struct method_call *call, json_object **ret_answer,
                             char **ret_why)
{
    return call->handlers->begin_erasure(call->context, call->who, call->arguments->document,
                                         ret_answer, ret_why);
}

static int run_end_erasure(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->end_erasure(call->context, call->who, call->arguments->texts[0],
                                       call->arguments->document, ret_answer, ret_why);
}

static int run_enrol(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->enrol(call->context, call->who, call->arguments->texts[0],
                                 call->arguments->document, ret_answer, ret_why);
}

static int run_prune(const struct method_call *call, json_object **ret_answer, char **ret_why)
{
    return call->handlers->prune(call->context, call->who, call->arguments->document, ret_answer,
                                 ret_why);
}

static int run_open_incident(const struct method_call *call, json_object **ret_answer,
                             char **ret_why)
{
    return call->handlers->open_incident(call->context, call->who, call->arguments->document,
                                         ret_answer, ret_why);
}

static int run_acknowledge_incident(const struct method_call *call, json_object **ret_answer,
                                    char **ret_why)
{
    return call->handlers->acknowledge_incident(call->context, call->who, call->arguments->texts[0],
                                                ret_answer, ret_why);
}

static int run_note_incident(const struct method_call *call, json_object **ret_answer,
                             char **ret_why)
{
    return call->handlers->note_incident(call->context, call->who, call->arguments->texts[0],
                                         call->arguments->texts[1], ret_answer, ret_why);
}

static int run_report_incident(const struct method_call *call, json_object **ret_answer,
                               char **ret_why)
{
    return call->handlers->report_incident(call->context, call->who, call->arguments->texts[0],
                                           call->arguments->texts[1], call->arguments->document,
                                           ret_answer, ret_why);
}

static int run_close_incident(const struct method_call *call, json_object **ret_answer,
                              char **ret_why)
{
    return call->handlers->close_incident(call->context, call->who, call->arguments->texts[0],
                                          call->arguments->document, ret_answer, ret_why);
}

static const struct method methods[] = {
    {"Allow", "sa{sv}", ACTION "manage-devices", run_allow},
    {"Accept", "s", ACTION "accept-keyboard", run_accept},
    {"Forget", "s", ACTION "manage-devices", run_forget},
    {"Learn", "", ACTION "manage-devices", run_learn},
    {"GrantPermit", "sa{sv}", ACTION "manage-network", run_grant_permit},
    {"EndPermit", "s", ACTION "manage-network", run_end_permit},
    {"AddRecord", "sa{sv}", ACTION "keep-registers", run_add_record},
    {"EndRecord", "ssa{sv}", ACTION "keep-registers", run_end_record},
    {"ListRecords", "s", ACTION "read-registers", run_list_records, .reads = true},
    {"AddOperator", "sa{sv}", ACTION "manage-operators", run_add_operator},
    {"ChangeOperator", "sa{sv}", ACTION "manage-operators", run_change_operator},
    {"TrainOperator", "sa{sv}", ACTION "manage-operators", run_train_operator},
    {"RemoveOperator", "sa{sv}", ACTION "manage-operators", run_remove_operator},
    {"ListOperators", "", ACTION "read-registers", run_list_operators, .reads = true},
    {"SetMode", "ssb", ACTION "manage-mode", run_set_mode},
    {"ConfirmMode", "", ACTION "manage-mode", run_confirm_mode},
    {"Reload", "", ACTION "reload", run_reload},
    {"Seal", "s", ACTION "seal", run_seal},
    {"Record", "ssa{sv}", ACTION "seal", run_record},
    {"Acknowledge", "t", ACTION "acknowledge", run_acknowledge},
    {"MakeRequest", "sa{sv}", ACTION "ask", run_make_request},
    {"ApproveRequest", "sa{sv}", ACTION "approve-requests", run_approve_request},
    {"RefuseRequest", "ss", ACTION "approve-requests", run_refuse_request},
    {"WithdrawRequest", "s", ACTION "ask", run_withdraw_request},
    {"TakeOut", "a{sv}", ACTION "ask", run_take_out},
    {"BringBack", "sa{sv}", ACTION "ask", run_bring_back},
    {"BeginErasure", "a{sv}", ACTION "record-erasure", run_begin_erasure},
    {"EndErasure", "sa{sv}", ACTION "record-erasure", run_end_erasure},
    {"Prune", "a{sv}", ACTION "prune", run_prune},
    {"Enrol", "sa{sv}", ACTION "enrol", run_enrol},
    {"OpenIncident", "a{sv}", ACTION "report-incident", run_open_incident},
    {"AcknowledgeIncident", "s", ACTION "acknowledge", run_acknowledge_incident},
    {"NoteIncident", "ss", ACTION "manage-incidents", run_note_incident},
    {"ReportIncident", "ssa{sv}", ACTION "manage-incidents", run_report_incident},
    {"CloseIncident", "sa{sv}", ACTION "manage-incidents", run_close_incident},
};

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(methods); i++)
        if (text_equal(methods[i].name, name))
            return &methods[i];
    return NULL;
}
