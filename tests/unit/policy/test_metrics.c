// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

TestSuite(metrics, .init = set_up, .fini = tear_down);

Test(metrics, none_are_written_unless_the_policy_says_where)
{
    put("policy.conf", "site = { };\n");
    load_good();
    cr_expect_null(policy->metrics_textfile);
}

Test(metrics, the_file_is_named_by_its_whole_path)
{
    put("policy.conf", "metrics = { textfile = \"/var/lib/prometheus/node-exporter/s.prom\"; };\n");
    load_good();
    cr_expect_str_eq(policy->metrics_textfile, "/var/lib/prometheus/node-exporter/s.prom");
}

Test(metrics, what_node_exporter_would_not_read_is_a_mistake)
{
    expect_one("metrics = {\n textfile = \"run/a.prom\"; };\n", 2, "no plain absolute path", "“/”");
    expect_one("metrics = { textfile = \"/run/../etc/a.prom\"; };\n", 1, "no plain", "“..”");
    expect_one("metrics = { textfile = \"/run/a.txt\"; };\n", 1, "does not end in “.prom”",
               "node_exporter");
    expect_one("metrics = { textfile = \"/run/.prom\"; };\n", 1, "does not end in “.prom”", "");
    expect_one("metrics = { textfile = 1; };\n", 1, "", "");
    expect_one("textfile = \"/run/a.prom\";\n", 1, "", "put it into metrics");
}
