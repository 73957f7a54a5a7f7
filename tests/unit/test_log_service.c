/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of services; records written for the test. */
#include "log_rows.h"

#define CONTEXT YG_KIND_CONTEXT

static void services(void **state)
{
    static const struct log_row row[] = {
        { "samba", "Jan  2 03:04:05 h smbd[7]: Denied connection from a (192.0.2.1)",
          CONTEXT, YG_DEV_AUTH, "service", 1767323045,
          "source.ip=192.0.2.1|event.outcome=failure|process.name=smbd" },
        { "proftpd",
          "Jan  2 03:04:05 h proftpd[7]: h (c.example[192.0.2.1]) - USER jo (Login "
          "failed): Incorrect password",
          CONTEXT, YG_DEV_AUTH, "service", 0,
          "source.ip=192.0.2.1|user.name=jo|event.outcome=failure" },
        { "pure-ftpd",
          "Jan  2 03:04:05 h pure-ftpd: (?@192.0.2.1) [WARNING] Authentication failed "
          "for "
          "user [jo]",
          CONTEXT, YG_DEV_AUTH, "service", 0, "source.ip=192.0.2.1|user.name=jo" },
        { "slapd",
          "Jan  2 03:04:05 h slapd[7]: conn=5 fd=6 ACCEPT from IP=[2001:db8::1]:45 "
          "(IP=[::]:389)",
          CONTEXT, YG_DEV_AUTH, "service", 0,
          "source.ip=2001:db8::1|source.port=45|event.action=connect" },
        { "vsftpd",
          "Fri Jan  2 03:04:05 2026 [pid 1] [jo] FAIL LOGIN: Client \"192.0.2.1\"",
          CONTEXT, YG_DEV_AUTH, "service", 1767323045,
          "source.ip=192.0.2.1|user.name=jo|event.outcome=failure" },
        { "SQL Server",
          "2026-01-02 03:04:05.22 Logon       Login failed for user 'D\\jo'. Reason: x. "
          "[CLIENT: 192.0.2.1]",
          CONTEXT, YG_DEV_AUTH, "service", 1767323045,
          "source.ip=192.0.2.1|user.name=D\\jo|event.outcome=failure" },
    };

    (void)state;
    log_rows_check(row, YG_ARRAY_LEN(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(services) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
