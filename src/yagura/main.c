/* SPDX-License-Identifier: Apache-2.0 */
/* Entry point: hands the command line to the command table. */
#include "base/hash.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        yg_log(YG_LOG_ERROR, "libsodium does not start; reinstall libsodium23");
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        puts("yagura 0.1.0");
        return 0;
    }
    yg_log(YG_LOG_ERROR, "no such command; see `yagura help`");
    return 2;
}
