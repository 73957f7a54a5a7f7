/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intent - what a request tries to do, after its encodings are peeled.
 *
 * A small set of things that servers must not do for strangers. It says what to look for
 * in the answer and in what the victim did afterwards; it is no intrusion detector: the
 * alert has already fired. Pure but for the arena.
 */
#ifndef YG_PACKET_INTENT_H
#define YG_PACKET_INTENT_H

#include "base/arena.h"
#include "packet/talk.h"

#define YG_INTENTS(X)                                                                    \
    X(NONE, "none")                                                                      \
    X(FILE_READ, "file-read")          /* ../../etc/passwd, php://filter, win.ini */     \
    X(COMMAND, "command")              /* ;id  |whoami  $(...)  cmd /c */                \
    X(SQL, "sql")                      /* union select, ' or 1=1, sleep() */             \
    X(SCRIPT, "script")                /* reflected script */                            \
    X(LOOKUP, "remote-lookup")         /* ${jndi:ldap://...} and its disguises */        \
    X(INCLUDE, "remote-include")       /* a URL where a file is expected, SSRF */        \
    X(TEMPLATE, "template")            /* {{7*7}} */                                     \
    X(ENTITY, "external-entity")       /* <!ENTITY x SYSTEM */                           \
    X(OBJECT, "serialized-object")     /* rO0AB, O:8:"..." */                            \
    X(UPLOAD, "program-upload")        /* a script or program in a body */               \
    X(SHELL, "web-shell")              /* ?cmd= to a script */                           \
    X(LISTING, "listing")              /* /.git/, /.env, directory */                    \
    X(LOGIN, "login")                  /* tries a password */                            \
    X(REMOTE_EXEC, "remote-execution") /* SMB, WMI, WinRM, service, task */              \
    X(FETCH, "program-download")       /* a client fetches a program */                  \
    X(CALLBACK, "control-channel")     /* a client speaks to a control server */         \
    X(TUNNEL, "tunnel")                /* DNS or ICMP carries data */                    \
    X(SCAN, "scan")
enum yg_intent_kind {
#define X(id, name) YG_INTENT_##id,
    YG_INTENTS(X)
#undef X
        YG_INTENT_COUNT
};
const char *yg_intent_name(unsigned kind);

struct yg_intent {
    uint8_t kind;
    uint32_t exchange;    /* index in its talk */
    struct yg_str text;   /* the part that shows it, peeled; lives with the arena */
    struct yg_str object; /* the file, command, host or number asked for */
    struct yg_str host;   /* named in the payload: where the victim shall connect */
    uint16_t port;        /* 0: the scheme's own, or none */
    uint32_t layers;      /* encodings it was under */
};

#define YG_INTENTS_MAX 32

/* What attempts look like, ready to be matched (25 kB, 2 us to make). Never changes: any
 * number of threads. NULL: no memory. */
struct yg_intent_rules;
struct yg_intent_rules *yg_intent_rules_new(void);
void yg_intent_rules_free(struct yg_intent_rules *r);

/* Intents of the exchanges (and, without any, of the bytes) of one conversation, at most
 * YG_INTENTS_MAX, in order. `rules` NULL: made when they are needed. */
uint32_t yg_intents_of(const struct yg_talk *talk, const struct yg_intent_rules *rules,
                       struct yg_arena *arena, struct yg_intent out[YG_INTENTS_MAX]);

#endif
