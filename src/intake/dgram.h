/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dgram - datagrams as records: UDP and Unix sockets. Private to intake.
 *
 * The kernel is asked for a large buffer (16 MiB; more than its limit needs
 * CAP_NET_ADMIN) and for what it had to drop, which is counted. While the journal is full
 * nothing is read and the kernel's buffer fills. Memory: 64 datagrams of the largest
 * size. On the loop's thread.
 */
#ifndef YG_INTAKE_DGRAM_H
#define YG_INTAKE_DGRAM_H

#include "intake/intake.h"

struct yg_dgram;

/* `fd` is owned from the call on. `largest`: bytes of a datagram, more are cut. */
enum yg_status yg_dgram_start(struct yg_intake *in, uint32_t source, int fd,
                              size_t largest, struct yg_dgram **out,
                              struct yg_err *err) YG_MUST_USE;
void yg_dgram_stop(struct yg_dgram *d); /* what has come is added if there is room */
void yg_dgram_free(struct yg_dgram *d);

#endif
