/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind.h"

#include "base/fmath.h"
#include "packet/filekind_priv.h"

#define RUN_MIN     4096 /* bytes of one value that are padding */
#define PACKED_BITS 7.2  /* code that is not packed stays below 6.8 */
#define PLAIN_KINDS                                                                      \
    (YG_FILE_BIT(YG_FILE_TEXT) | YG_FILE_BIT(YG_FILE_HTML) | YG_FILE_BIT(YG_FILE_XML) |  \
     YG_FILE_BIT(YG_FILE_JSON) | YG_FILE_BIT(YG_FILE_SCRIPT))

const char *yg_file_kind_name(unsigned kind)
{
    static const char *const name[YG_FILE_KIND_COUNT] = {
#define X(id, text) text,
        YG_FILE_KINDS(X)
#undef X
    };
    return kind < YG_FILE_KIND_COUNT ? name[kind] : "?";
}

/* How often each value is there: four counters of each, so that equal neighbours do not
 * wait for each other's store (speed only). */
static void count_bytes(struct yg_str s, uint32_t count[256])
{
    uint32_t lane[4][256] = { { 0 } };
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;

    for (; i + 4 <= s.n; i += 4) {
        lane[0][p[i]]++;
        lane[1][p[i + 1]]++;
        lane[2][p[i + 2]]++;
        lane[3][p[i + 3]]++;
    }
    for (; i < s.n; i++)
        lane[0][p[i]]++;
    for (size_t c = 0; c < 256; c++)
        count[c] = lane[0][c] + lane[1][c] + lane[2][c] + lane[3][c];
}

static float entropy_of(const uint32_t count[256], size_t n)
{
    double sum = 0;

    for (int i = 0; i < 256; i++)
        if (count[i])
            sum += count[i] * yg_lb((double)count[i]);
    double bits = yg_lb((double)n) - sum / (double)n;
    return bits > 0 ? (float)bits : 0.0F; /* not the rounding of a zero */
}

static float printable_of(const uint32_t count[256], size_t n)
{
    uint64_t sum = (uint64_t)count['\t'] + count['\n'] + count['\r'];

    for (int i = 0x20; i < 0x7f; i++)
        sum += count[i];
    return (float)((double)sum / (double)n);
}

/* More than half of it one byte, in long runs? */
static bool is_padded(struct yg_str s)
{
    uint32_t padding[256] = { 0 }; /* bytes in long runs, by value */

    /* A run of RUN_MIN bytes that begins at `low` or later, and not behind `at`, holds
     * `at`: the bytes between need no look. */
    for (size_t low = 0, at = RUN_MIN - 1; at < s.n; at = low + RUN_MIN - 1) {
        size_t from = at, end = at + 1;
        while (from > low && s.p[from - 1] == s.p[at])
            from--;
        while (end < s.n && s.p[end] == s.p[at])
            end++;
        if (end - from >= RUN_MIN)
            padding[(unsigned char)s.p[at]] += (uint32_t)(end - from);
        low = end;
    }
    for (int i = 0; i < 256; i++)
        if (padding[i] > s.n / 2)
            return true;
    return false;
}

/* Macros and installers are run by the office programs that open them; archives of Java
 * and Android by a double click. */
static bool runs_inside(struct yg_str s, unsigned kind)
{
    static const char macros[] = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T";

    if (kind == YG_FILE_OFFICE)
        return yg_file_find(s, 0, YG_STR("vbaProject.bin")) < s.n ||
               yg_file_find(s, 0, (struct yg_str){ macros, sizeof(macros) - 1 }) < s.n;
    if (kind != YG_FILE_ARCHIVE)
        return false;
    struct yg_str head = { s.p, s.n < 4096 ? s.n : 4096 };
    return yg_file_find(head, 0, YG_STR("META-INF/MANIFEST.MF")) < head.n ||
           yg_file_find(head, 0, YG_STR("AndroidManifest.xml")) < head.n;
}

static bool is_executable(struct yg_str s, unsigned kind)
{
    switch (kind) {
    case YG_FILE_PE:
    case YG_FILE_ELF:
    case YG_FILE_MACHO:
    case YG_FILE_JAVA:
    case YG_FILE_SHORTCUT:
        return true;
    case YG_FILE_SCRIPT:
        return yg_file_host_script(s);
    default:
        return runs_inside(s, kind);
    }
}

/* Bytes of no known kind contradict only types whose every file has a signature. */
static bool contradicts(uint32_t claims, unsigned kind)
{
    uint32_t always = YG_FILE_BIT(YG_FILE_IMAGE) | YG_FILE_BIT(YG_FILE_PDF) |
                      YG_FILE_BIT(YG_FILE_PE) | YG_FILE_BIT(YG_FILE_ELF) |
                      YG_FILE_BIT(YG_FILE_JAVA) | YG_FILE_BIT(YG_FILE_SHORTCUT);

    if (claims == 0 || kind == YG_FILE_EMPTY)
        return false;
    if (kind == YG_FILE_UNKNOWN)
        return (claims & ~always) == 0;
    return !(claims & YG_FILE_BIT(kind));
}

unsigned yg_file_kind_answered(const struct yg_exchange *x)
{
    return x->answer_kind != YG_FILE_UNKNOWN ? x->answer_kind
                                             : yg_file_kind_of(x->answer_body);
}

static bool is_native(unsigned kind)
{
    return kind == YG_FILE_PE || kind == YG_FILE_ELF || kind == YG_FILE_MACHO;
}

static bool is_packed(struct yg_str bytes)
{
    uint32_t count[256];

    count_bytes(bytes, count);
    return (double)entropy_of(count, bytes.n) > PACKED_BITS;
}

struct yg_file_look yg_file_glance(struct yg_str bytes, struct yg_str type,
                                   struct yg_str name)
{
    unsigned kind = yg_file_kind_of(bytes);
    struct yg_file_look out = { .kind = (uint8_t)kind };

    if (bytes.n == 0)
        return out;
    out.padded = bytes.n >= RUN_MIN && is_padded(bytes);
    out.executable = is_executable(bytes, kind);
    out.encrypted = yg_file_locked(bytes, kind);
    out.packed = is_native(kind) && is_packed(bytes);
    /* a page instead of the file that the path names is an error page, or routing */
    out.mismatch = contradicts(yg_file_claim_type(type), kind) ||
                   (!(YG_FILE_BIT(kind) & PLAIN_KINDS) &&
                    contradicts(yg_file_claim_name(name), kind));
    return out;
}

struct yg_file_look yg_file_look(struct yg_str bytes, struct yg_str type,
                                 struct yg_str name)
{
    struct yg_file_look out = yg_file_glance(bytes, type, name);
    uint32_t count[256];

    if (bytes.n == 0)
        return out;
    count_bytes(bytes, count);
    out.entropy = entropy_of(count, bytes.n);
    out.printable = printable_of(count, bytes.n);
    return out;
}
