/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands, one file each in cmd/; commands.c lists them in help order. */
#ifndef YG_YAGURA_COMMANDS_H
#define YG_YAGURA_COMMANDS_H

#include "yagura/cli.h"

extern const struct yg_command yg_cmd_arm, yg_cmd_disarm, yg_cmd_audit;
extern const struct yg_command yg_cmd_import, yg_cmd_train, yg_cmd_certify, yg_cmd_triage,
    yg_cmd_queue, yg_cmd_ask, yg_cmd_verdict, yg_cmd_import_verdicts, yg_cmd_explain,
    yg_cmd_packets, yg_cmd_evaluate, yg_cmd_replay, yg_cmd_serve, yg_cmd_sources,
    yg_cmd_sample, yg_cmd_features, yg_cmd_doctor, yg_cmd_check_config, yg_cmd_version,
    yg_cmd_help, yg_cmd_thin, yg_cmd_records, yg_cmd_search, yg_cmd_openapi, yg_cmd_user,
    yg_cmd_token, yg_cmd_trail, yg_cmd_backup, yg_cmd_restore, yg_cmd_tenant,
    yg_cmd_asset, yg_cmd_retention, yg_cmd_job, yg_cmd_acts;

#endif
