// SPDX-License-Identifier: GPL-3.0-or-later
// From what a caller says to a record: checked against its register's form.
#pragma once

#include "policy/record.h"

#include <json-c/json.h>

// Takes each of `fields` into `record`, which has its register, its moment and its person; fills in
// today for dates and now for times that are required and were not given. −EINVAL and a sentence:
// it is not what the form asks for at this stage, or lies in the future. −ENOMEM.
must_check int record_fields_take(struct record *record, enum record_stage stage,
                                  json_object *fields, char **ret_why);
