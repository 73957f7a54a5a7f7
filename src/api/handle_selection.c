/* SPDX-License-Identifier: Apache-2.0 */
/* Frozen lists of alerts: made of a query, of ids, of a run or of a group. What is in one
 * is what was shown, for who made it, for an hour (act/act.h). */
#include "act/act.h"
#include "api/api.h"
#include "api/handle.h"
#include "api/say_act.h"
#include "api/seen.h"
#include "pipeline/question.h"

#define SEARCH_S 0.06 /* of one request */

static enum yg_status none_here(struct yg_err *err)
{
    return yg_err_set(err, YG_EBUSY, "there are no selections on this server");
}

static struct yg_str who(const struct yg_call *c)
{
    return c->who.name.n > 0 ? c->who.name : YG_STR("local");
}

static enum yg_status answer(struct yg_call *c, const struct yg_selection *s,
                             struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_act_part *part = NULL;
    size_t parts = 0;
    enum yg_status st =
        yg_selection_parts(c->api->acts, s->id, &c->arena, &part, &parts, err);

    if (st != YG_OK)
        return st;
    yg_say_act_selection(&w, s, part, parts);
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* ---- of a query ------------------------------------------------------------------- */

static void count_shown(struct yg_selection_shown *n, const struct yg_search_hit *h)
{
    n->blind += h->blind;
    n->decision[h->decision < 4 ? h->decision : 0]++;
    n->predicted[h->predicted < YG_LEVEL_COUNT ? h->predicted : YG_LEVEL_COUNT]++;
    n->verdict[h->verdict < YG_LEVEL_COUNT ? h->verdict : YG_LEVEL_COUNT]++;
}

/* Ids of alerts, hits of one tenant that follow each other as one part. */
static bool gather(struct yg_call *c, const struct yg_search_page *page,
                   struct yg_selection *s, struct yg_act_part *part, size_t *parts)
{
    unsigned char *ids = yg_arena_alloc(&c->arena, (page->count + 1) * YG_ID_SIZE);

    for (size_t i = 0; ids && i < page->count; i++) {
        const struct yg_search_hit *h = &page->hit[i];
        if (h->kind == YG_KIND_CONTEXT)
            continue;
        if (*parts == 0 || !yg_str_eq(part[*parts - 1].tenant, h->tenant))
            part[(*parts)++] = (struct yg_act_part){ .tenant = h->tenant, .ids = ids };
        memcpy(ids, h->id, YG_ID_SIZE);
        ids += YG_ID_SIZE;
        part[*parts - 1].n++;
        count_shown(&s->shown, h);
    }
    return ids != NULL;
}

/* Go on where it stopped, for as long as one request may. */
static enum yg_status look(struct yg_call *c, struct yg_selection *s,
                           struct yg_act_part **part, size_t *parts, struct yg_err *err)
{
    const struct yg_query_clock clock = { .now_ns = s->made_ns };
    char place[YG_SEARCH_PLACE_TEXT];
    struct yg_search_ask ask = { .limit = YG_SEARCH_PAGE,
                                 .seconds = SEARCH_S,
                                 .workers = 1,
                                 .go_on = s->place.n > 0 };
    struct yg_search_page page;
    enum yg_status st = yg_query_parse(&c->arena, s->query, clock, &ask.query, err);

    if (st != YG_OK)
        return st == YG_ELIMIT ? yg_err_set(err, YG_EINVAL, "query: too long") : st;
    if (ask.go_on && !yg_search_place_of(s->place, &ask.after))
        return yg_err_set(err, YG_ECORRUPT, "a selection without its place");
    *part = yg_arena_alloc(&c->arena, (YG_SEARCH_PAGE + 1) * sizeof(**part));
    if (!*part)
        return yg_err_set(err, YG_ENOMEM, "no memory for the selection");
    st = yg_seen_search(&c->source, s->tenant, &ask, &c->arena, &page, err);
    if (st == YG_OK && !gather(c, &page, s, *part, parts))
        st = yg_err_set(err, YG_ENOMEM, "no memory for the selection");
    if (st != YG_OK)
        return st;
    s->ready = !page.more;
    yg_search_place_text(&page.last, place);
    s->place = page.more ? yg_arena_str(&c->arena, yg_str_of(place)) : YG_STR("");
    return YG_OK;
}

static enum yg_status of_query(struct yg_call *c, struct yg_selection *s,
                               struct yg_act_part **part, size_t *parts,
                               struct yg_err *err)
{
    s->query = c->body.text[YG_M_SELECTION_QUERY];
    s->tenant = c->body.text[YG_M_SELECTION_TENANT];
    s->made_ns = yg_clock_now(c->source.clock);
    if (!c->source.raw) /* as of a search */
        return yg_err_set(err, YG_EPERM, "Your role does not search.");
    return look(c, s, part, parts, err);
}

/* ---- of what is known already ----------------------------------------------------- */

static enum yg_status of_ids(struct yg_call *c, struct yg_act_part **part, size_t *parts,
                             struct yg_err *err)
{
    const struct yg_texts *list = &c->body.list[YG_M_SELECTION_IDS];
    unsigned char *ids = yg_arena_alloc(&c->arena, list->n * YG_ID_SIZE + 1);
    enum yg_status st = YG_OK;

    *part = yg_arena_zalloc(&c->arena, (list->n + 1) * sizeof(**part));
    if (!ids || !*part)
        return yg_err_set(err, YG_ENOMEM, "no memory for the selection");
    for (size_t i = 0; st == YG_OK && i < list->n; i++, ids += YG_ID_SIZE) {
        struct yg_str tenant;
        if (!yg_unhex(list->v[i], ids, YG_ID_SIZE))
            return yg_err_set(err, YG_EINVAL, "ids: write 32 hex digits each");
        st = yg_seen_whose(&c->source, ids, &c->arena, &tenant, err);
        if (st != YG_OK)
            return st;
        for (size_t k = i; k > 0; k--) /* twice is once */
            if (memcmp(ids - k * YG_ID_SIZE, ids, YG_ID_SIZE) == 0)
                return yg_err_set(err, YG_EINVAL, "ids: one of them stands there twice");
        if (*parts == 0 || !yg_str_eq((*part)[*parts - 1].tenant, tenant))
            (*part)[(*parts)++] = (struct yg_act_part){ .tenant = tenant, .ids = ids };
        (*part)[*parts - 1].n++;
    }
    return st;
}

static enum yg_status one_part(struct yg_call *c, struct yg_act_part one,
                               struct yg_act_part **part, size_t *parts,
                               struct yg_err *err)
{
    *part = yg_arena_alloc(&c->arena, sizeof(**part));
    if (!*part)
        return yg_err_set(err, YG_ENOMEM, "no memory for the selection");
    **part = one;
    *parts = 1;
    return YG_OK;
}

static enum yg_status of_run(struct yg_call *c, struct yg_act_part **part, size_t *parts,
                             struct yg_err *err)
{
    unsigned char(*ids)[YG_ID_SIZE];
    struct yg_queue_run run;
    size_t n = 0;
    enum yg_status st =
        yg_seen_run(&c->source, c->body.text[YG_M_SELECTION_RUN], &c->arena, &run, err);

    if (st == YG_OK)
        st = yg_store_run_alerts(c->source.store, run.id, &c->arena, &ids, &n, err);
    return st == YG_OK ? one_part(c, (struct yg_act_part){ run.tenant, ids[0], n }, part,
                                  parts, err)
                       : st;
}

static enum yg_status of_group(struct yg_call *c, struct yg_act_part **part,
                               size_t *parts, struct yg_err *err)
{
    struct yg_question q;
    enum yg_status st =
        yg_seen_group(&c->source, c->body.text[YG_M_SELECTION_GROUP], &c->arena, &q, err);

    return st == YG_OK ? one_part(c, (struct yg_act_part){ q.tenant, q.alert, q.count },
                                  part, parts, err)
                       : st;
}

/* ---- the routes ------------------------------------------------------------------- */

enum yg_status yg_handle_selection_make(struct yg_call *c, struct yg_err *err)
{
    const bool *given = c->body.given;
    struct yg_selection s = { .who = who(c), .ready = true };
    struct yg_act_part *part = NULL;
    size_t parts = 0;
    enum yg_status st;

    if (!c->api->acts)
        return none_here(err);
    if (given[YG_M_SELECTION_QUERY] + given[YG_M_SELECTION_IDS] +
            given[YG_M_SELECTION_RUN] + given[YG_M_SELECTION_GROUP] !=
        1)
        return yg_err_set(err, YG_EINVAL, "write one of query, ids, run and group");
    if (given[YG_M_SELECTION_QUERY])
        st = of_query(c, &s, &part, &parts, err);
    else if (given[YG_M_SELECTION_IDS])
        st = of_ids(c, &part, &parts, err);
    else
        st = given[YG_M_SELECTION_RUN] ? of_run(c, &part, &parts, err)
                                       : of_group(c, &part, &parts, err);
    if (st == YG_OK)
        st = yg_selection_make(c->api->acts, &s, part, parts, err);
    return st == YG_OK ? answer(c, &s, err) : st;
}

static enum yg_status find(struct yg_call *c, struct yg_selection *out,
                           struct yg_err *err)
{
    unsigned char id[YG_ID_SIZE];

    if (!c->api->acts)
        return none_here(err);
    if (!yg_unhex(c->id, id, sizeof(id)))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such selection");
    return yg_selection_get(c->api->acts, id, who(c), &c->arena, out, err);
}

enum yg_status yg_handle_selection(struct yg_call *c, struct yg_err *err)
{
    struct yg_selection s;
    enum yg_status st = find(c, &s, err);

    return st == YG_OK ? answer(c, &s, err) : st;
}

enum yg_status yg_handle_selection_continue(struct yg_call *c, struct yg_err *err)
{
    struct yg_act_part *part = NULL;
    struct yg_selection s;
    size_t parts = 0;
    enum yg_status st = find(c, &s, err);

    if (st == YG_OK && !s.ready) {
        st = look(c, &s, &part, &parts, err);
        if (st == YG_OK)
            st = yg_selection_add(c->api->acts, &s, part, parts, err);
    }
    return st == YG_OK ? answer(c, &s, err) : st;
}

enum yg_status yg_handle_selection_drop(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_selection s;
    enum yg_status st = find(c, &s, err);

    if (st == YG_OK)
        st = yg_selection_drop(c->api->acts, s.id, who(c), err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "changed", true);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}
