// SPDX-License-Identifier: GPL-3.0-or-later
// The network namespaces that there are besides this program's own (network_namespaces(7)).
#pragma once

#include "base/util.h"

// Calls back for each, from inside of it; `home`: a descriptor of our own. A negative answer of
// `visit` goes on to the next one and is returned at the end. `proc`: a descriptor of /proc.
//
// Found are those that a thread is in, that a descriptor of a process holds, or that are mounted in
// any mount namespace. From anywhere but the namespace that the machine's first process is in
// nobody is called. One that nothing holds but a socket or a device in it is not.
typedef int (*namespaces_visitor)(void *context, int home);
must_check int namespaces_visit(int proc, namespaces_visitor visit, void *context);
