/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows events as XML: what the event log renders (wevtutil, Get-WinEvent's ToXml,
 * forwarders that pass it on), one event a record.
 *
 *      <Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
 *      <Provider Name='..'/><EventID>4625</EventID>..<TimeCreated SystemTime='..'/>
 *      <Channel>Security</Channel><Computer>..</Computer></System>
 *      <EventData><Data Name='TargetUserName'>jo</Data>..</EventData></Event>
 *
 * Not a parser of XML: tags and the text between them, in one pass. What users wrote
 * stands in text, where '<' is an entity, so it opens no tag. Of several elements of one
 * name the first counts, and System comes first.
 */
#include "decode/log_windows.h"

#include "decode/dialects.h"

#define TAGS_MAX 1024 /* of one event that are looked at */

struct name {
    const char *text;
    uint8_t key;
};

/* Elements; those behind System by the names of their data, too. */
static const struct name elements[] = {
    { "EventID", YG_WIN_ID },
    { "Channel", YG_WIN_CHANNEL },
    { "Computer", YG_WIN_COMPUTER },
    { "Keywords", YG_WIN_KEYWORDS },
    { "Message", YG_WIN_MESSAGE },
    { "Address", YG_WIN_IpAddress },
    { "Param1", YG_WIN_TargetUserName },
    { "Param2", YG_WIN_TargetDomainName },
    { "Param3", YG_WIN_IpAddress },
};

static const struct name data[] = {
#define WIN(id, name, small, how, field) { name, YG_WIN_##id },
#include "decode/log_windows.def"
#undef WIN
};

static void keep(struct yg_win *w, const struct name *row, size_t n, struct yg_str name,
                 struct yg_str value)
{
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq(name, yg_str_of(row[i].text))) {
            if (w->value[row[i].key].n == 0)
                w->value[row[i].key] = yg_str_trim(value);
            return;
        }
}

/* The value of ` name='..'` in a tag. */
static struct yg_str attribute(struct yg_str tag, const char *name)
{
    struct yg_str out;

    while (yg_after(&tag, name)) {
        if (yg_eat(&tag, "='") && yg_until(&tag, "'", &out))
            return out;
        if (yg_eat(&tag, "=\"") && yg_until(&tag, "\"", &out))
            return out;
    }
    return YG_STR_NONE;
}

static void element(struct yg_win *w, struct yg_str tag, struct yg_str text)
{
    struct yg_str rest = tag, name;

    if (!yg_word(&rest, &name))
        return;
    if (yg_str_eq(name, YG_STR("Data"))) {
        keep(w, data, YG_ARRAY_LEN(data), attribute(rest, "Name"), text);
    } else if (yg_str_eq(name, YG_STR("Provider"))) {
        if (w->value[YG_WIN_PROVIDER].n == 0)
            w->value[YG_WIN_PROVIDER] = attribute(rest, "Name");
    } else if (yg_str_eq(name, YG_STR("TimeCreated"))) {
        if (w->value[YG_WIN_TIME].n == 0)
            w->value[YG_WIN_TIME] = attribute(rest, "SystemTime");
    } else {
        keep(w, elements, YG_ARRAY_LEN(elements), name, text);
        keep(w, data, YG_ARRAY_LEN(data), name, text);
    }
}

static void read_xml(struct yg_win *w, struct yg_str s)
{
    struct yg_str tag, text;

    for (int i = 0; i < TAGS_MAX && yg_after(&s, "<"); i++) {
        if (!yg_until(&s, ">", &tag))
            return;
        const char *end = s.n ? memchr(s.p, '<', s.n) : NULL;
        text = (struct yg_str){ s.p, end ? (size_t)(end - s.p) : s.n };
        if (tag.n > 0 && tag.p[0] != '/')
            element(w, tag, text);
    }
}

/* "&lt;", "&#10;", "&#x3C;": the character; 0: none that is one byte. */
static char entity(struct yg_str name)
{
    static const struct {
        char name[5], c;
    } known[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' },
    };
    uint64_t n = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_str_eq(name, yg_str_of(known[i].name)))
            return known[i].c;
    if (!yg_eat(&name, "#"))
        return 0;
    bool ok = yg_eat(&name, "x") ? yg_str_hex64(name, &n) : yg_str_u64(name, &n);
    if (ok && (n == '\t' || n == '\n' || n == '\r'))
        return ' ';
    return ok && n >= ' ' && n < 127 ? (char)n : 0;
}

/* The text behind its entities, in the batch; without any it stays where it is. */
static struct yg_str plain(struct yg_target *t, struct yg_str s)
{
    struct yg_span span;
    size_t n = 0;

    if (s.n == 0 || !memchr(s.p, '&', s.n))
        return s;
    if (!yg_batch_add(t->b, s, &span)) {
        yg_put_reason(t, YG_R_NO_ROOM);
        return YG_STR_NONE;
    }
    char *out = t->b->text + span.off;
    for (size_t i = 0; i < s.n; i++) {
        struct yg_str rest = yg_skip(s, i + 1), name;
        char c = s.p[i];
        rest.n = rest.n < 10 ? rest.n : 10;
        if (c == '&' && yg_until(&rest, ";", &name) && entity(name)) {
            c = entity(name);
            i += name.n + 1;
        }
        out[n++] = c;
    }
    return (struct yg_str){ out, n };
}

static int match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (!yg_eat(&s, "<Event "))
        return 0;
    s.n = s.n < 400 ? s.n : 400;
    return yg_has(s, "<System>") && yg_has(s, "<Provider ") ? 96 : 0;
}

static bool xml_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_win w = { 0 };

    (void)d;
    read_xml(&w, l->body);
    for (size_t i = 0; i < YG_ARRAY_LEN(w.value); i++)
        w.value[i] = plain(t, w.value[i]);
    return yg_win_put(t, &w);
}

const struct yg_dialect yg_dialect_win_xml = {
    .name = "win-xml",
    .doc = "Windows events as XML, one a record",
    .device = YG_DEV_HOST,
    .on_host = true,
    .marks = "<Event ",
    .match = match,
    .read = xml_read,
};
