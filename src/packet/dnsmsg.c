/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/dnsmsg.h"

#include "base/buf.h"
#include "base/cursor.h"
#include "packet/dnsname.h"

#include <stdio.h>

#define HEADER     12
#define COUNT_MAX  512 /* records of a section, in a message that is no accident */
#define DATA_SHOWN 256 /* bytes of a record of no known form */

enum {
    T_A = 1,
    T_NS = 2,
    T_CNAME = 5,
    T_SOA = 6,
    T_PTR = 12,
    T_HINFO = 13,
    T_MX = 15,
    T_TXT = 16,
    T_AAAA = 28,
    T_NB = 32,
    T_SRV = 33, /* NBSTAT to NetBIOS */
    T_DNAME = 39,
    T_OPT = 41,
    T_SPF = 99,
};

struct record {
    size_t data; /* place in the message */
    uint32_t ttl;
    uint16_t type, class, length;
};

static const char *type_name(uint16_t type, bool netbios)
{
    static const struct {
        uint16_t type;
        const char *name;
    } row[] = {
        { 1, "A" },         { 2, "NS" },     { 5, "CNAME" },       { 6, "SOA" },
        { 10, "NULL" },     { 12, "PTR" },   { 13, "HINFO" },      { 15, "MX" },
        { 16, "TXT" },      { 17, "RP" },    { 18, "AFSDB" },      { 24, "SIG" },
        { 25, "KEY" },      { 28, "AAAA" },  { 29, "LOC" },        { 32, "NB" },
        { 33, "SRV" },      { 35, "NAPTR" }, { 36, "KX" },         { 37, "CERT" },
        { 39, "DNAME" },    { 41, "OPT" },   { 43, "DS" },         { 44, "SSHFP" },
        { 45, "IPSECKEY" }, { 46, "RRSIG" }, { 47, "NSEC" },       { 48, "DNSKEY" },
        { 49, "DHCID" },    { 50, "NSEC3" }, { 51, "NSEC3PARAM" }, { 52, "TLSA" },
        { 55, "HIP" },      { 59, "CDS" },   { 60, "CDNSKEY" },    { 61, "OPENPGPKEY" },
        { 64, "SVCB" },     { 65, "HTTPS" }, { 99, "SPF" },        { 249, "TKEY" },
        { 250, "TSIG" },    { 251, "IXFR" }, { 252, "AXFR" },      { 255, "ANY" },
        { 256, "URI" },     { 257, "CAA" },  { 32768, "TA" },      { 32769, "DLV" },
        { 65281, "WINS" },
    };

    if (netbios && type == T_SRV)
        return "NBSTAT";
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (row[i].type == type)
            return row[i].name;
    return NULL;
}

static const char *type_text(uint16_t type, bool netbios, char out[YG_DNS_VERB_MAX])
{
    const char *name = type_name(type, netbios);

    if (name)
        (void)snprintf(out, YG_DNS_VERB_MAX, "%s", name);
    else
        (void)snprintf(out, YG_DNS_VERB_MAX, "TYPE%u", (unsigned)type);
    return out;
}

const char *yg_dnsmsg_verb(const struct yg_dnsmsg *m, char out[YG_DNS_VERB_MAX])
{
    static const char *const operation[16] = {
        [1] = "IQUERY", [2] = "STATUS", [4] = "NOTIFY", [5] = "UPDATE", [6] = "DSO"
    };
    const char *name = m->netbios ? NULL : operation[m->opcode & 15];

    if (!name)
        return type_text(m->type, m->netbios, out);
    (void)snprintf(out, YG_DNS_VERB_MAX, "%s", name);
    return out;
}

static struct yg_cursor cursor_at(struct yg_str msg, size_t at)
{
    struct yg_cursor c = yg_cursor_of(msg.p, msg.n);

    (void)yg_cursor_take(&c, at);
    return c;
}

/* A record's fixed part behind its name; `*at` moves behind its data. */
static bool read_record(struct yg_str msg, size_t *at, struct record *r)
{
    struct yg_cursor c = cursor_at(msg, *at);

    r->type = yg_cursor_be16(&c);
    r->class = yg_cursor_be16(&c);
    r->ttl = yg_cursor_be32(&c);
    r->length = yg_cursor_be16(&c);
    r->data = *at + 10;
    (void)yg_cursor_take(&c, r->length);
    *at = r->data + r->length;
    return yg_cursor_ok(&c);
}

static void add_name(struct yg_str msg, size_t at, struct yg_buf *b)
{
    struct yg_dnsname name;
    uint64_t ignored = 0;

    (void)yg_dnsname_read(msg, &at, &name, &ignored);
    yg_buf_str_add(b, yg_dnsname_text(&name));
}

static void add_strings(struct yg_cursor *c, struct yg_buf *b)
{
    while (yg_cursor_left(c)) {
        struct yg_str s = yg_cursor_take(c, yg_cursor_u8(c));
        yg_dnsname_escape(s, b);
    }
}

static void add_address(struct yg_str data, struct yg_buf *b)
{
    unsigned char ip[YG_IP_SIZE] = { [10] = 0xff, [11] = 0xff };
    char text[YG_IP_TEXT_MAX];

    memcpy(ip + YG_IP_SIZE - data.n, data.p, data.n);
    yg_buf_printf(b, "%s", yg_ip_text(ip, text));
}

/* NetBIOS: addresses with flags, or the names of a node. */
static void add_netbios(struct yg_cursor *c, uint16_t type, struct yg_buf *b)
{
    if (type == T_NB) {
        (void)yg_cursor_be16(c);
        struct yg_str ip = yg_cursor_take(c, 4);
        if (yg_cursor_ok(c))
            add_address(ip, b);
        return;
    }
    for (unsigned n = yg_cursor_u8(c); n > 0 && yg_cursor_ok(c); n--) {
        struct yg_str name = yg_cursor_take(c, 15);
        unsigned suffix = yg_cursor_u8(c);
        (void)yg_cursor_be16(c);
        if (!yg_cursor_ok(c))
            return;
        yg_dnsname_escape(yg_str_trim(name), b);
        yg_buf_printf(b, "<%02x> ", suffix);
    }
}

static void add_soa(struct yg_str msg, const struct record *r, struct yg_buf *b)
{
    struct yg_dnsname name;
    uint64_t ignored = 0;
    size_t at = r->data;

    for (int i = 0; i < 2; i++) {
        if (!yg_dnsname_read(msg, &at, &name, &ignored))
            return;
        yg_buf_str_add(b, yg_dnsname_text(&name));
        yg_buf_char(b, ' ');
    }
    struct yg_cursor c = cursor_at(msg, at);
    yg_buf_printf(b, "%u", (unsigned)yg_cursor_be32(&c));
}

/* One answer as a line of text. */
static void add_answer(struct yg_str msg, const struct record *r, bool netbios,
                       struct yg_buf *b)
{
    struct yg_str data = { msg.p + r->data, r->length };
    struct yg_cursor c = yg_cursor_of(data.p, data.n);
    char type[YG_DNS_VERB_MAX];

    yg_buf_printf(b, "%s%s ", b->n ? "\n" : "", type_text(r->type, netbios, type));
    if (netbios && (r->type == T_NB || r->type == T_SRV)) {
        add_netbios(&c, r->type, b);
        return;
    }
    switch (r->type) {
    case T_NS:
    case T_CNAME:
    case T_PTR:
    case T_DNAME:
        add_name(msg, r->data, b);
        return;
    case T_MX:
        yg_buf_printf(b, "%u ", (unsigned)yg_cursor_be16(&c));
        add_name(msg, r->data + 2, b);
        return;
    case T_SRV:
        for (int i = 0; i < 3; i++)
            yg_buf_printf(b, "%u ", (unsigned)yg_cursor_be16(&c));
        add_name(msg, r->data + 6, b);
        return;
    case T_SOA:
        add_soa(msg, r, b);
        return;
    case T_TXT:
    case T_SPF:
    case T_HINFO:
        add_strings(&c, b);
        return;
    default:
        if ((r->type == T_A && data.n == 4) || (r->type == T_AAAA && data.n == 16)) {
            add_address(data, b);
            return;
        }
        data.n = data.n < DATA_SHOWN ? data.n : DATA_SHOWN;
        yg_dnsname_escape(data, b);
    }
}

bool yg_dnsmsg_plausible(struct yg_str msg)
{
    struct yg_cursor c = cursor_at(msg, 2);
    uint16_t flags = yg_cursor_be16(&c), questions = yg_cursor_be16(&c);
    unsigned answers = yg_cursor_be16(&c), others = yg_cursor_be16(&c);
    unsigned more = yg_cursor_be16(&c), opcode = flags >> 11 & 15;
    struct yg_dnsname name;
    uint64_t anomalies = 0;
    struct record r;
    size_t at = HEADER;

    if (!yg_cursor_ok(&c) || opcode > 8 || opcode == 3 || answers > COUNT_MAX ||
        others > COUNT_MAX || more > COUNT_MAX || questions > 16 ||
        (questions == 0 && !(flags & 0x8000 && answers)) ||
        !yg_dnsname_read(msg, &at, &name, &anomalies))
        return false;
    if (questions) {
        c = cursor_at(msg, at);
        r.type = yg_cursor_be16(&c);
        r.class = yg_cursor_be16(&c);
        if (!yg_cursor_ok(&c))
            return false;
    } else if (!read_record(msg, &at, &r)) {
        return false;
    }
    unsigned class = r.class & 0x7fff; /* mDNS uses the upper bit */
    return r.type &&
           (class == 1 || class == 3 || class == 4 || class == 254 || class == 255);
}

/* The questions; only the first is told of. */
static bool read_questions(struct yg_str msg, size_t *at, struct yg_arena *arena,
                           struct yg_dnsmsg *out)
{
    struct yg_dnsname name;

    for (unsigned i = 0; i < out->questions; i++) {
        if (!yg_dnsname_read(msg, at, &name, &out->anomalies))
            return false;
        struct yg_cursor c = cursor_at(msg, *at);
        uint16_t type = yg_cursor_be16(&c);
        (void)yg_cursor_be16(&c);
        *at += 4;
        if (i == 0) {
            out->name = yg_arena_str(arena, yg_dnsname_text(&name));
            out->type = type;
            out->netbios = name.netbios && (type == T_NB || type == T_SRV);
        }
        if (!yg_cursor_ok(&c))
            return false;
    }
    return true;
}

static bool read_sections(struct yg_str msg, size_t *at, const uint16_t count[3],
                          struct yg_arena *arena, struct yg_dnsmsg *out)
{
    struct yg_dnsname name;
    struct record r;
    struct yg_buf b;
    bool whole = true;

    yg_buf_init(&b, YG_DNS_TEXT_MAX);
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = 0; whole && i < count[section]; i++) {
            whole = yg_dnsname_read(msg, at, &name, &out->anomalies) &&
                    read_record(msg, at, &r);
            if (!whole)
                break;
            if (!out->name.p) { /* an announcement without a question */
                out->name = yg_arena_str(arena, yg_dnsname_text(&name));
                out->type = r.type;
                out->netbios = name.netbios && (r.type == T_NB || r.type == T_SRV);
            }
            if (r.type == T_OPT)
                out->rcode |= (uint16_t)(r.ttl >> 24 << 4);
            if (section > 0)
                continue;
            out->answer_bytes += r.length;
            add_answer(msg, &r, out->netbios, &b);
        }
    out->answers = yg_arena_str(arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    return whole;
}

bool yg_dnsmsg_read(struct yg_str msg, bool cut, struct yg_arena *arena,
                    struct yg_dnsmsg *out)
{
    struct yg_cursor c = yg_cursor_of(msg.p, msg.n);
    uint16_t count[3];
    size_t at = HEADER;

    *out = (struct yg_dnsmsg){ .id = yg_cursor_be16(&c) };
    uint16_t flags = yg_cursor_be16(&c);
    out->questions = yg_cursor_be16(&c);
    for (int i = 0; i < 3; i++)
        count[i] = yg_cursor_be16(&c);
    if (!yg_cursor_ok(&c))
        return false;
    out->response = flags & 0x8000;
    out->opcode = flags >> 11 & 15;
    out->truncated = flags & 0x200;
    out->rcode = flags & 15;
    bool whole = read_questions(msg, &at, arena, out) &&
                 read_sections(msg, &at, count, arena, out);
    if (!cut && !out->truncated && (!whole || at < msg.n))
        out->anomalies |= YG_ANOMALY_BIT(YG_A_DNS_COUNTS);
    return true;
}
