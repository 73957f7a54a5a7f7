/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog - records over UDP, TCP, TLS and Unix sockets.
 *
 * RFC 5426 (UDP), RFC 6587 (TCP: octet counts and lines), RFC 5425 (TLS); the same over
 * Unix sockets, and JSON documents over all of them. The bytes are not looked at beyond
 * where a record ends: decode/ does that. Nothing acknowledges in these protocols: a
 * sender is held back by not being read, so what its kernel has sent and ours has not
 * given us is lost with the machine, and nothing else is.
 */
#ifndef YG_INTAKE_SYSLOG_H
#define YG_INTAKE_SYSLOG_H

#include "intake/intake.h"

extern const struct yg_intake_kind yg_intake_syslog;
extern const struct yg_intake_kind yg_intake_unix;

#endif
