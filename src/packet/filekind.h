/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filekind - what a body is by its first bytes, and whether it says otherwise.
 *
 * Never unpacks anything to disk. Pure, no memory; constant time but for what is counted
 * (1 ns a byte): a glance counts the bytes of native programs only, a look all.
 */
#ifndef YG_PACKET_FILEKIND_H
#define YG_PACKET_FILEKIND_H

#include "packet/exchange.h"

#define YG_FILE_KINDS(X)                                                                 \
    X(UNKNOWN, "unknown")                                                                \
    X(EMPTY, "empty")                                                                    \
    X(TEXT, "text")                                                                      \
    X(HTML, "html")                                                                      \
    X(XML, "xml")                                                                        \
    X(JSON, "json")                                                                      \
    X(SCRIPT, "script")                                                                  \
    X(PE, "pe")                                                                          \
    X(ELF, "elf")                                                                        \
    X(MACHO, "macho")                                                                    \
    X(JAVA, "java-class")                                                                \
    X(SERIALIZED, "serialized-object")                                                   \
    X(ARCHIVE, "archive")                                                                \
    X(OFFICE, "office")                                                                  \
    X(PDF, "pdf")                                                                        \
    X(IMAGE, "image")                                                                    \
    X(MEDIA, "audio-or-video")                                                           \
    X(FONT, "font")                                                                      \
    X(CERTIFICATE, "certificate")                                                        \
    X(SHORTCUT, "shortcut")
enum yg_file_kind {
#define X(id, name) YG_FILE_##id,
    YG_FILE_KINDS(X)
#undef X
        YG_FILE_KIND_COUNT
};
const char *yg_file_kind_name(unsigned kind);

struct yg_file_look {
    uint8_t kind;    /* enum yg_file_kind */
    bool executable; /* a program, script or something a victim runs */
    bool mismatch;   /* claims (media type, name's ending) to be something else */
    bool encrypted;  /* an archive or document that asks for a password */
    bool packed;     /* entropy of a program's body above 7.2 bits */
    bool padded;     /* more than half of it one byte, in runs of 4 KiB or more */
    float entropy;   /* bits a byte */
    float printable; /* share */
};

/* `type`: media type as claimed; `name`: path or file name; either may be empty. */
struct yg_file_look yg_file_look(struct yg_str bytes, struct yg_str type,
                                 struct yg_str name);

/* The same, with `entropy` and `printable` left 0: what most who ask need. */
struct yg_file_look yg_file_glance(struct yg_str bytes, struct yg_str type,
                                   struct yg_str name);

/* The kind alone, by the first 4 KiB. */
unsigned yg_file_kind_of(struct yg_str bytes);

/* The kind of an answer's body, which its decoder may have found out already. */
unsigned yg_file_kind_answered(const struct yg_exchange *x);

#define YG_FILE_BIT(kind) (1U << (kind))
/* Kinds that a victim runs or unpacks. */
#define YG_FILE_PROGRAMS                                                                 \
    (YG_FILE_BIT(YG_FILE_PE) | YG_FILE_BIT(YG_FILE_ELF) | YG_FILE_BIT(YG_FILE_MACHO) |   \
     YG_FILE_BIT(YG_FILE_JAVA) | YG_FILE_BIT(YG_FILE_ARCHIVE) |                          \
     YG_FILE_BIT(YG_FILE_SHORTCUT))

/* The kinds that a media type, and that the ending of a path or file name, promise: a set
 * of YG_FILE_BIT; 0: nothing is said (application/octet-stream, no ending, .php ...). */
uint32_t yg_file_claim_type(struct yg_str type);
uint32_t yg_file_claim_name(struct yg_str name);

#endif
