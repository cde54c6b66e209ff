// SPDX-License-Identifier: GPL-3.0-or-later
// A change that somebody asked for: from the message over polkit's answer to the reply. How many
// can wait at once has a limit, for each account and over all.
#pragma once

#include "bus/bus.h"

#define REQUESTS_MAX 64
#define REQUESTS_PER_UID_MAX 8

struct request_queue;
must_check int request_queue_new(sd_bus *bus, const struct bus_handlers *handlers, void *context,
                                 struct request_queue **ret);
// Requests that still wait for polkit are dropped without an effect.
void request_queue_free(struct request_queue *queue);
DEFINE_CLEANUP(struct request_queue, request_queue_free)

// Takes the call of a method that method_find() knows and sees to it that it is answered, once
// polkit has. −errno: it is not taken; `error` holds the sentence for the caller where there is
// one.
must_check int request_start(struct request_queue *queue, sd_bus_message *message,
                             sd_bus_error *error);

// Answers a read that depends on who asks. −errno as of request_start().
must_check int request_read(sd_bus_message *message,
                            int (*read)(void *context, const struct bus_person *who,
                                        uint64_t number, json_object **ret_answer, char **ret_why),
                            void *context, sd_bus_error *error);

// Answers `message` with a document (NULL: an empty one).
must_check int request_answer(sd_bus_message *message, json_object *answer);
