/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends before anything is looked up: target, path, query, body, Host, the
 * address to listen on; and escaping, with the promise that no byte gets through that
 * could be markup or is invisible.
 */
#include "api/body.h"
#include "api/encode.h"
#include "api/html.h"
#include "api/listen.h"
#include "api/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_html(struct yg_buf *b, struct yg_str in)
{
    yg_buf_clear(b);
    yg_html_attr(b, in);
    struct yg_str s = yg_buf_str(b);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '"' || c == '\'')
            abort();
    }
    yg_buf_clear(b);
    yg_html_text(b, in);
    yg_html_block(b, in);
    yg_html_query(b, in);
}

static void check_query(struct yg_str query, struct yg_arena *arena)
{
    struct yg_params p;
    struct yg_err err;
    uint32_t all = (1U << YG_PARAM_COUNT) - 1;

    if (yg_params_read(query, all, arena, &p, &err) != YG_OK)
        return;
    for (int i = 0; i < YG_PARAM_COUNT; i++) {
        const struct yg_param_info *info = &yg_param_info[i];
        if ((p.given >> i & 1) && info->max > 0 &&
            (p.number[i] < info->min || p.number[i] > info->max))
            abort();
        if (p.text[i].n > YG_PARAM_TEXT_MAX ||
            (p.text[i].n && memchr(p.text[i].p, '\0', p.text[i].n)))
            abort();
    }
}

static void check_body(struct yg_str s, struct yg_arena *arena)
{
    static const char *const type[] = { "application/json",
                                        "application/x-www-form-urlencoded" };
    struct yg_body b;
    struct yg_err err;

    for (size_t t = 0; t < YG_ARRAY_LEN(type); t++) {
        if (yg_body_read(YG_BODY_VERDICT, yg_str_of(type[t]), s, arena, &b, &err) !=
            YG_OK)
            continue;
        for (int i = 0; i < YG_MEMBER_COUNT; i++) {
            const struct yg_member_info *m = &yg_member_info[i];
            struct yg_str v = b.text[i];
            if ((int64_t)v.n > m->most || (v.n && memchr(v.p, '\0', v.n)) ||
                (m->body == YG_BODY_VERDICT && (int64_t)v.n < m->least))
                abort();
        }
    }
    (void)yg_encoding_of(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str s = { (const char *)data, size }, path, query, id;
    struct yg_listen l = { .ip = { 0 } }, read;
    struct yg_arena arena;
    struct yg_buf b;

    yg_arena_init(&arena, (size_t)16 << 20);
    yg_buf_init(&b, (size_t)64 << 20);
    if (yg_target_split(s, &path, &query)) {
        if (yg_path_match("/run/{id}", path, &id) && (id.n < 6 || id.n > 32))
            abort();
        check_query(query, &arena);
    }
    check_query(s, &arena);
    check_body(s, &arena);
    if (yg_listen_host_ok(&l, s) && memchr(s.p, '<', s.n))
        abort();
    if (yg_listen_parse(s, &read, NULL) == YG_OK) {
        char text[YG_LISTEN_TEXT_MAX];
        if (!yg_listen_host_ok(&read, yg_str_of(yg_listen_text(&read, text))) &&
            memchr(text, '.', strlen(text)) == NULL)
            abort(); /* what it calls itself it must answer to */
    }
    check_html(&b, s);
    yg_buf_fini(&b);
    yg_arena_fini(&arena);
    return 0;
}
