/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange - one question and its answer, whatever the protocol.
 *
 * What every application decoder yields, so that features, the judgement of success and
 * what people see need no word of the protocol: what was asked of whom, and what came
 * back. Plain data; strings are borrowed from the conversation or its arena.
 */
#ifndef YG_PACKET_EXCHANGE_H
#define YG_PACKET_EXCHANGE_H

#include "base/str.h"

/* YG_APP(id, name): network.protocol of ECS. */
#define YG_APPS(X)                                                                       \
    X(NONE, "none")                                                                      \
    X(HTTP, "http")                                                                      \
    X(DNS, "dns")                                                                        \
    X(TLS, "tls")                                                                        \
    X(SSH, "ssh")                                                                        \
    X(FTP, "ftp")                                                                        \
    X(SMTP, "smtp")                                                                      \
    X(RDP, "rdp")                                                                        \
    X(LDAP, "ldap")                                                                      \
    X(SMB, "smb")                                                                        \
    X(DCERPC, "dcerpc")                                                                  \
    X(KERBEROS, "kerberos")
enum yg_app_id {
#define X(id, name) YG_APP_##id,
    YG_APPS(X)
#undef X
        YG_APP_COUNT
};
const char *yg_app_name(unsigned app);

/* What the answer says, in the words of any protocol. */
enum yg_answer {
    YG_ANSWER_NONE,    /* none was seen */
    YG_ANSWER_OK,      /* done: 2xx, NOERROR, STATUS_SUCCESS, 230 ... */
    YG_ANSWER_MORE,    /* go on: 1xx, 3xx, 331, STATUS_MORE_PROCESSING_REQUIRED */
    YG_ANSWER_REFUSED, /* not allowed: 401, 403, 530, ACCESS_DENIED, LOGON_FAILURE */
    YG_ANSWER_MISSING, /* no such thing: 404, 410, NXDOMAIN, OBJECT_NAME_NOT_FOUND */
    YG_ANSWER_ERROR,   /* could not: other 4xx and 5xx, SERVFAIL, other errors */
    YG_ANSWER_OPAQUE,  /* something came back that cannot be read (encrypted) */
};

enum yg_exchange_flag {
    YG_XF_LOGIN = 1,       /* asks to log in */
    YG_XF_EXEC = 2,        /* asks to run something: service, task, WMI method, ... */
    YG_XF_ADMIN = 4,       /* asks for an administrative thing: ADMIN$, C$, drsuapi ... */
    YG_XF_UPLOAD = 8,      /* brings a file or a body */
    YG_XF_DOWNLOAD = 16,   /* fetches a file */
    YG_XF_WEAK = 32,       /* weak cryptography asked for: RC4 tickets, NTLMv1, SSLv3 */
    YG_XF_SELF = 64,       /* certificate signed by itself */
    YG_XF_ENCRYPTED = 128, /* what follows cannot be read */
    YG_XF_CUT = 256,       /* question or answer is not whole */
    YG_XF_LIST = 512,      /* asks what is there: directory, users, shares, services */
};

struct yg_exchange {
    uint8_t app;    /* enum yg_app_id */
    uint8_t answer; /* enum yg_answer */
    uint8_t
        asker; /* side that asked: YG_TO_SERVER, or YG_TO_CLIENT when the server did */
    uint8_t answer_kind; /* enum yg_file_kind of answer_body; UNKNOWN: or not asked yet */
    uint32_t flags;
    int32_t status;       /* as on the wire: HTTP status, rcode, NT status; -1: none */
    struct yg_str verb;   /* GET, A, AUTH, svcctl.CreateServiceW, AS-REQ ... */
    struct yg_str target; /* path, name asked for, file or pipe, service, account */
    struct yg_str host;   /* Host, SNI, share's server, realm */
    struct yg_str agent;  /* User-Agent, software banner of the asker */
    struct yg_str head;   /* the question's bytes before its body */
    struct yg_str body;   /* decoded (chunks, gzip, base64 of mail) */
    struct yg_str answer_head;
    struct yg_str answer_body;      /* decoded; what DNS answered, as text */
    struct yg_str answer_type;      /* media type as claimed */
    struct yg_str answer_agent;     /* Server, software banner of the other side */
    uint64_t answer_size;           /* announced or seen bytes of the answer's body */
    uint32_t ask_at, ask_len;       /* place in the asker's stream, for marking */
    uint32_t answer_at, answer_len; /* place in the other stream */
    int64_t ask_ns, answer_ns;      /* 0: none */
};

/* What a TLS conversation said in the clear. */
struct yg_hello {
    uint16_t version, chosen; /* offered and chosen protocol version */
    uint16_t cipher;          /* chosen; 0: none seen */
    struct yg_str sni, alpn;
    struct yg_str subject, issuer, names; /* of the server's certificate, as text */
    int64_t not_before, not_after;        /* seconds since 1970; 0: none seen */
    uint8_t certificates;                 /* in the chain */
    bool self_signed, resumed, client_certificate;
    bool finished;         /* application data went both ways */
    char ja3[33], ja4[37]; /* "" when there was no client hello */
};

#endif
