// SPDX-License-Identifier: GPL-3.0-or-later
// Inside watch_network: what the firewall's rules log (nfnetlink_log), which is a sample of what it
// stops.
#pragma once

#include "fact/net_attempt.h"

#include <systemd/sd-event.h>

struct nflog;

// Called for each packet that is logged to group `group`.
typedef void (*nflog_seen)(void *context, const struct net_attempt *attempt);

// −EPROTONOSUPPORT: this kernel can't.
must_check int nflog_listen(sd_event *event, uint16_t group, nflog_seen seen, void *context,
                            struct nflog **ret);
void nflog_free(struct nflog *nflog);

// Tells of each packet in what the kernel sent at once, netlink messages, aligned as those are.
// What can't be read is passed over.
void nflog_read(const void *data, size_t size, nflog_seen seen, void *context);
