/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/log_marks.h"

#include "base/status.h"

static inline size_t hash_at(const char *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
    return x * 2654435761U >> (32 - YG_LOG_MARK_BITS);
}

void yg_log_marks_add(struct yg_log_marks *m, uint16_t k, const char *marks)
{
    struct yg_str rest = yg_str_of(marks);

    while (rest.p) {
        struct yg_str mark = yg_str_cut(&rest, '|');
        YG_ASSERT(mark.n >= YG_LOG_MARK_MIN && m->count < YG_LOG_MARKS_MAX);
        uint16_t *head = &m->head[hash_at(mark.p)];
        m->mark[m->count] = mark;
        m->dialect[m->count] = k;
        m->next[m->count] = *head;
        *head = (uint16_t)++m->count;
    }
}

void yg_log_marks_find(const struct yg_log_marks *m, struct yg_str raw, bool *seen)
{
    for (size_t i = 0; i + YG_LOG_MARK_MIN <= raw.n; i++)
        for (size_t k = m->head[hash_at(raw.p + i)]; k > 0; k = m->next[k - 1]) {
            struct yg_str mark = m->mark[k - 1];
            if (!seen[m->dialect[k - 1]] && mark.n <= raw.n - i &&
                memcmp(mark.p, raw.p + i, mark.n) == 0)
                seen[m->dialect[k - 1]] = true;
        }
}
