// SPDX-License-Identifier: GPL-3.0-or-later
// What a monthly file looks like to SQLite: part of the format, see FORMAT.md section 2.
#pragma once

#include "base/util.h"

#include <sqlite3.h>

#define SCHEMA_APPLICATION_ID 1936411719 // "skLG"
#define SCHEMA_VERSION 2                 // user_version; 1 is read, and written on, too
#define SCHEMA_PAGE_SIZE 4096

// One object, exactly as sqlite_schema must hold it; the order is the order of creation.
struct schema_object {
    const char *type;
    const char *name;
    const char *table;
    const char *sql;
    int since; // the version that has it first
};
extern const struct schema_object schema_objects[];
extern const size_t schema_n_objects;

// Makes an empty database into an empty month: settings and objects. An SQLite result code.
must_check int schema_create(sqlite3 *db);

// 0; 1 if the schema or a setting is another; −EIO if it can't be read. *ret_what then names it
// ('user_version', 'trigger "t"', escaped; the caller frees it), or stays NULL on lack of memory.
must_check int schema_compare(sqlite3 *db, char **ret_what);
