/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome.h"

/* clang-format off */
const struct yg_mark_info yg_mark_info[YG_MARK_COUNT] = {
#define YG_MARK(id, name, class, sentence) { name, sentence, YG_OUT_##class },
#include "packet/marks.def"
#undef YG_MARK
};
/* clang-format on */

const char *yg_outcome_name(unsigned c)
{
    static const char *const name[YG_OUT_COUNT] = {
#define X(id, text) text,
        YG_OUTCOMES(X)
#undef X
    };
    return c < YG_OUT_COUNT ? name[c] : "?";
}

const char *yg_success_name(unsigned s)
{
    static const char *const name[] = { "failed", "undecided", "succeeded" };
    return s <= YG_SUCCEEDED ? name[s] : "?";
}

void yg_outcome_of(struct yg_talk *const *talk, uint32_t talks, int main,
                   int64_t alert_ns, struct yg_arena *arena, struct yg_outcome *out)
{
    (void)talk;
    (void)talks;
    (void)alert_ns;
    (void)arena;
    memset(out, 0, sizeof(*out));
    out->class = main < 0 ? YG_OUT_UNSEEN : YG_OUT_ANSWERED;
    out->success = YG_UNDECIDED;
}
