/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - the one status type. Every function that can fail for a reason returns it.
 *
 * errno and library codes are mapped into it where they arise. Names are stable: they
 * are printed in --json output and counted in metrics.
 */
#ifndef YG_BASE_STATUS_H
#define YG_BASE_STATUS_H

#include <stdnoreturn.h>

#define YG_MUST_USE       __attribute__((warn_unused_result))
#define YG_PRINTF(fmt, a) __attribute__((format(printf, fmt, a)))
#define YG_NOINLINE       __attribute__((noinline))
#define YG_UNUSED         __attribute__((unused))
#define YG_ARRAY_LEN(a)   (sizeof(a) / sizeof((a)[0]))

enum yg_status {
    YG_OK = 0,
    YG_ENOMEM,    /* memory, or a stated memory cap */
    YG_EINVAL,    /* the caller (or operator) asked for something impossible */
    YG_EIO,       /* the operating system refused: disk full, file gone */
    YG_EFORMAT,   /* bytes from outside are not what they claim to be */
    YG_ELIMIT,    /* a cap on outside input was reached */
    YG_ENOTFOUND, /* no such thing */
    YG_EEXIST,    /* there already */
    YG_EVERSION,  /* made by a newer program, or for another schema */
    YG_ECORRUPT,  /* our own data does not match its digest */
    YG_EBUSY,     /* somebody else holds it */
    YG_EEND,      /* no more input: the normal end of a loop */
    YG_ECHILD,    /* a worker process died */
    YG_EPERM,     /* who asks may not, or is not who he says */
    YG_STATUS_COUNT,
};

/* "ok", "no-memory", ...; never NULL. */
const char *yg_status_name(enum yg_status st);

/* Asserts are for our own mistakes and stay on in release; outside input never reaches
 * one. YG_DEBUG_CHECK is for invariants that cost time. */
noreturn void yg_assert_failed(const char *file, int line, const char *what);
#define YG_ASSERT(c) ((c) ? (void)0 : yg_assert_failed(__FILE__, __LINE__, #c))
#ifdef YG_DEBUG
#define YG_DEBUG_CHECK(c) YG_ASSERT(c)
#else
#define YG_DEBUG_CHECK(c) ((void)0)
#endif

#endif
