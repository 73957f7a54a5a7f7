/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lookat.h"

#include "packet/capfile.h"
#include "pipeline/boxed.h"
#include "pipeline/recall.h"
#include "pipeline/seen.h"

#include <stdlib.h>

#define PCAP_MAX ((size_t)2 << 20)
#define TEXT_MAX ((size_t)8 << 20)

/* The alert as the analysis wants it, kept beyond the batch it was decoded in. */
struct subject {
    const struct yg_store_record *rec;
    const struct yg_captures *from; /* NULL: nowhere */
    struct yg_analysis_in in;
    struct yg_buf pcap, payload;
};

static enum yg_status on_event(void *arg, const struct yg_batch *b,
                               const struct yg_event *e, struct yg_err *err)
{
    struct subject *s = arg;
    struct yg_spool_ask ask;
    enum yg_status st = YG_OK;

    s->in = yg_seen_in(b, e, YG_STR_NONE);
    if (s->rec->packets.n > 0) {
        yg_buf_str_add(&s->pcap, s->rec->packets);
    } else if (s->from && s->from->spool && yg_seen_ask(b, e, s->from->after_ns, &ask)) {
        st = yg_spool_find(s->from->spool, &ask, &s->pcap, err);
    }
    if (st == YG_OK && yg_buf_str(&s->pcap).n == 0 && s->in.packet.n > 0) {
        yg_pcap_begin(&s->pcap, s->in.linktype);
        yg_pcap_add(&s->pcap, e->time_ns, s->in.packet, (uint32_t)s->in.packet.n);
    }
    yg_buf_str_add(&s->payload, s->in.payload);
    s->in.packet = YG_STR_NONE;
    s->in.payload = yg_buf_str(&s->payload);
    s->in.pcap = yg_buf_str(&s->pcap);
    if (st == YG_OK &&
        (yg_buf_status(&s->pcap) != YG_OK || yg_buf_status(&s->payload) != YG_OK))
        st = yg_err_set(err, YG_ELIMIT, "the packets do not fit in memory");
    return st;
}

static enum yg_status recall(struct yg_store *st, struct subject *s, struct yg_err *err)
{
    yg_buf_init(&s->pcap, PCAP_MAX);
    yg_buf_init(&s->payload, PCAP_MAX);
    return yg_recall(st, s->rec, on_event, s, err);
}

static void forget(struct subject *s)
{
    yg_buf_fini(&s->pcap);
    yg_buf_fini(&s->payload);
}

enum yg_status yg_lookat_pcap(struct yg_store *st, const struct yg_store_record *rec,
                              const struct yg_captures *from, struct yg_buf *out,
                              struct yg_err *err)
{
    struct subject s = { .rec = rec, .from = from };
    enum yg_status status = recall(st, &s, err);

    if (status == YG_OK)
        yg_buf_str_add(out, yg_buf_str(&s.pcap));
    forget(&s);
    return status;
}

struct look {
    const struct yg_analysis_in *in;
    const struct yg_show *show;
    bool json;
};

/* In the sandbox. Nothing written: there is nothing to see. */
static void look(void *arg, struct yg_buf *out)
{
    const struct look *l = arg;
    struct yg_analyser *analyser;

    if (yg_analyser_new(&analyser) != YG_OK)
        return;
    const struct yg_analysis *a = yg_analyse(analyser, l->in);
    if (a && l->json) {
        struct yg_jsonw w = yg_jsonw_of(out);
        yg_show_json(&w, a, l->in->pcap, l->show);
    } else if (a) {
        yg_show_text(out, a, l->in->pcap, l->show);
    }
    yg_analyser_free(analyser);
}

/* Bytes from a process that hostile bytes may have taken over: nothing that moves a
 * terminal's cursor. What honest code writes is not changed. */
static void disarm(struct yg_buf *out)
{
    for (size_t i = 0; i < out->n; i++) {
        unsigned char c = (unsigned char)out->p[i];
        unsigned char next = i + 1 < out->n ? (unsigned char)out->p[i + 1] : 0;
        if ((c < 0x20 && c != '\n') || c == 0x7f ||
            (c == 0xc2 && next >= 0x80 && next < 0xa0))
            out->p[i] = '?';
    }
}

struct yg_lookat_job {
    struct yg_boxed_job *box;
    bool some, json; /* there are packets or a payload; it is asked for as JSON */
};

enum yg_status yg_lookat_begin(struct yg_store *st, const struct yg_store_record *rec,
                               const struct yg_captures *from,
                               const struct yg_lookat *ask, struct yg_lookat_job **out,
                               struct yg_err *err)
{
    struct subject s = { .rec = rec, .from = from };
    struct look l = { .in = &s.in, .show = &ask->show, .json = ask->json };
    struct yg_lookat_job *j = calloc(1, sizeof(*j));
    enum yg_status status =
        j ? recall(st, &s, err) : yg_err_set(err, YG_ENOMEM, "no memory to look");

    if (status == YG_OK)
        status = yg_boxed_start(look, &l, TEXT_MAX, YG_BOXED_MS, &j->box, err);
    if (status == YG_OK) {
        j->some = yg_buf_str(&s.pcap).n > 0 || yg_buf_str(&s.payload).n > 0;
        j->json = ask->json;
        *out = j;
    } else {
        free(j);
    }
    forget(&s);
    return status;
}

enum yg_status yg_lookat_wait(struct yg_lookat_job *j, int ms, struct yg_buf *out,
                              struct yg_err *err)
{
    struct yg_str said;
    struct yg_buf text;
    enum yg_status status = yg_boxed_wait(j->box, ms, &said, err);

    if (status != YG_OK)
        return status;
    yg_buf_init(&text, TEXT_MAX + 64);
    yg_buf_str_add(&text, said);
    if (j->some && !j->json && said.n == 0)
        yg_buf_str_add(&text, YG_STR("nothing was sent this way\n"));
    disarm(&text);
    yg_buf_str_add(out, yg_buf_str(&text));
    status = yg_buf_str(&text).n > 0
                 ? YG_OK
                 : yg_err_set(err, YG_ENOTFOUND,
                              "no packets are kept with this alert and it carries none");
    yg_buf_fini(&text);
    return status;
}

void yg_lookat_end(struct yg_lookat_job *j)
{
    if (j)
        yg_boxed_end(j->box);
    free(j);
}

enum yg_status yg_lookat(struct yg_store *st, const struct yg_store_record *rec,
                         const struct yg_captures *from, const struct yg_lookat *ask,
                         struct yg_buf *out, struct yg_err *err)
{
    struct yg_lookat_job *j;
    enum yg_status status = yg_lookat_begin(st, rec, from, ask, &j, err);

    if (status != YG_OK)
        return status;
    status = yg_lookat_wait(j, YG_BOXED_MS, out, err);
    yg_lookat_end(j);
    return status;
}

static bool find(const char *const *names, size_t n, struct yg_str name, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (!yg_str_eq(name, yg_str_of(names[i])))
            continue;
        *out = (uint8_t)i;
        return true;
    }
    return false;
}

bool yg_lookat_view(struct yg_str name, uint8_t *what)
{
    static const char *const names[] = { "summary", "hex", "ascii", "stream" };

    return find(names, YG_ARRAY_LEN(names), name, what);
}

bool yg_lookat_way(struct yg_str name, uint8_t *way)
{
    static const char *const names[] = { "both", "to-server", "to-client" };

    return find(names, YG_ARRAY_LEN(names), name, way);
}
