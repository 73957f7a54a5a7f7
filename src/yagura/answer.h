/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - the verdict command's way with questions (yagura ask): one, or a file of them.
 */
#ifndef YG_YAGURA_ANSWER_H
#define YG_YAGURA_ANSWER_H

#include "yagura/cli.h"

/* `verdict QUESTION LEVEL|undo --group`, or `verdict --group --from FILE`. Returns the
 * exit status. */
int yg_answer_run(struct yg_cli *cli);

#endif
