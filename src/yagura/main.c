/* SPDX-License-Identifier: Apache-2.0 */
/* Entry point: hands the command line to the command table (commands.c). */
#include "base/log.h"
#include "yagura/cli.h"

#include <sodium.h>

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        yg_log(YG_LOG_ERROR, "libsodium does not start; reinstall libsodium23");
        return YG_EXIT_FAILED;
    }
    return yg_cli_main(argc, argv);
}
