/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walls - what the intake process may do. Private to intake.
 *
 * It reads bytes of strangers through libraries that are large (TLS, HTTP, Kafka), so it
 * gives up what it does not need: it can start no program and trace no process (seccomp),
 * and where the kernel has Landlock it can change nothing on the disk outside its folder,
 * socket files of its inputs aside (reading stays: files are followed). Entered before
 * any thread is started, so that all have them. Cannot be undone.
 */
#ifndef YG_INTAKE_WALLS_H
#define YG_INTAKE_WALLS_H

#include "conf/inputs.h"

/* `dir` is made if absent. YG_EIO with the reason when the kernel has neither wall. */
enum yg_status yg_walls_enter(const char *dir, const struct yg_inputs *inputs,
                              struct yg_err *err) YG_MUST_USE;

#endif
