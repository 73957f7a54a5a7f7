/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/commands.h"

const struct yg_command *const yg_commands[] = {
    &yg_cmd_import,   &yg_cmd_train,   &yg_cmd_triage, &yg_cmd_evaluate,
    &yg_cmd_features, &yg_cmd_version, &yg_cmd_help,   NULL,
};
