/* SPDX-License-Identifier: Apache-2.0 */
/* The tools' words and what they mean. */
#include "decode/opinion.h"

#define ANY       YG_OPINION_FORMAT_COUNT
#define V         YG_OPINION_VERDICT
#define OPEN      YG_OPINION_OPEN
#define UNCERTAIN YG_OPINION_UNCERTAIN
#define AUTOMATIC YG_OPINION_AUTOMATIC
#define NONE      YG_LEVEL_NONE

/* clang-format off */
const struct yg_opinion_word yg_opinion_words[] = {
    /* Archived is "seen, put away", whatever it was. Escalated is "somebody must look
     * further": taken as a real attack with its success open, the careful reading. */
    { YG_OPINION_EVEBOX, V, YG_LEVEL_L3, "escalated", "escalated" },
    { YG_OPINION_EVEBOX, UNCERTAIN, NONE, "archived", "" },
    { YG_OPINION_EVEBOX, AUTOMATIC, NONE, "auto-archived", "" },

    { YG_OPINION_THEHIVE, V, YG_LEVEL_FP, "FalsePositive", "" },
    { YG_OPINION_THEHIVE, V, YG_LEVEL_L4, "TruePositive/WithImpact", "" },
    { YG_OPINION_THEHIVE, V, YG_LEVEL_L2, "TruePositive/NoImpact", "" },
    { YG_OPINION_THEHIVE, V, YG_LEVEL_L3, "TruePositive/NotApplicable", "" },
    { YG_OPINION_THEHIVE, V, YG_LEVEL_L3, "TruePositive", "" },
    { YG_OPINION_THEHIVE, UNCERTAIN, NONE, "Indeterminate", "" },
    { YG_OPINION_THEHIVE, UNCERTAIN, NONE, "Other", "" },
    { YG_OPINION_THEHIVE, UNCERTAIN, NONE, "Ignored", "" },
    { YG_OPINION_THEHIVE, UNCERTAIN, NONE, "Resolved", "" },
    { YG_OPINION_THEHIVE, UNCERTAIN, NONE, "Duplicated", "" },
    { YG_OPINION_THEHIVE, OPEN, NONE, "Imported", "" },
    { YG_OPINION_THEHIVE, OPEN, NONE, "Updated", "" },

    { YG_OPINION_IRIS, V, YG_LEVEL_FP, "False Positive", "" },
    { YG_OPINION_IRIS, V, YG_LEVEL_L4, "True Positive With Impact", "" },
    { YG_OPINION_IRIS, V, YG_LEVEL_L2, "True Positive Without Impact", "" },
    { YG_OPINION_IRIS, V, YG_LEVEL_L1, "Legitimate", "benign-positive" },
    { YG_OPINION_IRIS, UNCERTAIN, NONE, "Not Applicable", "" },
    { YG_OPINION_IRIS, UNCERTAIN, NONE, "Unknown", "" },
    { YG_OPINION_IRIS, OPEN, NONE, "Unspecified", "" },
    { YG_OPINION_IRIS, OPEN, NONE, "Merged", "" },
    { YG_OPINION_IRIS, OPEN, NONE, "Escalated", "" },

    { YG_OPINION_KIBANA, V, YG_LEVEL_FP, "false_positive", "" },
    { YG_OPINION_KIBANA, V, YG_LEVEL_L1, "benign_positive", "benign-positive" },
    { YG_OPINION_KIBANA, V, YG_LEVEL_L3, "true_positive", "" },
    { YG_OPINION_KIBANA, UNCERTAIN, NONE, "other", "" },
    { YG_OPINION_KIBANA, AUTOMATIC, NONE, "automated_closure", "" },
    { YG_OPINION_KIBANA, OPEN, NONE, "acknowledged", "" },

    { YG_OPINION_CSV, V, YG_LEVEL_FP, "FP", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_L1, "L1", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_L2, "L2", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_L3, "L3", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_L4, "L4", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_FP, "false positive", "" },
    { YG_OPINION_CSV, V, YG_LEVEL_L1, "benign positive", "benign-positive" },

    { ANY, UNCERTAIN, NONE, "closed", "" },
    { ANY, UNCERTAIN, NONE, "duplicate", "" }, /* of what was judged: no verdict itself */
    { ANY, OPEN, NONE, "open", "" },
    { ANY, OPEN, NONE, "new", "" },
    { ANY, OPEN, NONE, "assigned", "" },
    { ANY, OPEN, NONE, "pending", "" },
    { ANY, OPEN, NONE, "in progress", "" },
};
/* clang-format on */
const size_t yg_opinion_word_count = YG_ARRAY_LEN(yg_opinion_words);

/* Who closes alerts and is no person. */
static const char *const machine[] = { "rule",   "automation", "automatic", "auto",
                                       "system", "playbook",   "soar",      "model",
                                       "script", "filter",     "workflow" };

/* The next letter in lower case, or digit, of `*s`; 0: none is left. */
static unsigned char next_letter(struct yg_str *s)
{
    while (s->n > 0) {
        unsigned char c = (unsigned char)*s->p;
        *s = (struct yg_str){ s->p + 1, s->n - 1 };
        if (c >= 'A' && c <= 'Z')
            return (unsigned char)(c | 0x20);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c >= 0x80)
            return c;
    }
    return 0;
}

static bool same_word(struct yg_str a, struct yg_str b)
{
    unsigned char x;

    do {
        x = next_letter(&a);
        if (x != next_letter(&b))
            return false;
    } while (x);
    return true;
}

static bool by_machine(struct yg_str who)
{
    if (yg_str_starts(who, YG_STR("system@")))
        return true;
    for (size_t i = 0; i < YG_ARRAY_LEN(machine); i++)
        if (same_word(who, yg_str_of(machine[i])))
            return true;
    return false;
}

static const struct yg_opinion_word *word_of(enum yg_opinion_format format,
                                             struct yg_str word)
{
    for (size_t i = 0; i < yg_opinion_word_count; i++) {
        const struct yg_opinion_word *w = &yg_opinion_words[i];
        if ((w->format == format || w->format == ANY) &&
            same_word(word, yg_str_of(w->word)))
            return w;
    }
    return NULL;
}

void yg_opinion_judge(enum yg_opinion_format format, const struct yg_opinion_map *map,
                      size_t maps, struct yg_opinion *o)
{
    const struct yg_opinion_word *w = word_of(format, o->word);

    if (o->kind == YG_OPINION_UNREADABLE)
        return;
    o->level = YG_LEVEL_NONE;
    if (by_machine(o->closed_by) || by_machine(o->who) || (w && w->kind == AUTOMATIC)) {
        o->kind = YG_OPINION_AUTOMATIC;
        return;
    }
    for (size_t i = 0; i < maps; i++) {
        if (!same_word(map[i].word, o->word))
            continue;
        o->kind = YG_OPINION_VERDICT;
        o->level = (uint8_t)map[i].level;
        return;
    }
    o->kind = o->word.n == 0 ? YG_OPINION_OPEN : YG_OPINION_UNCERTAIN;
    if (!w)
        return;
    o->kind = w->kind;
    o->level = w->level;
    if (o->reason.n == 0)
        o->reason = yg_str_of(w->reason);
}

const char *yg_opinion_format_name(unsigned format)
{
    static const char *const name[] = {
#define X(id, text, doc) text,
        YG_OPINION_FORMATS(X)
#undef X
    };

    return format < YG_OPINION_FORMAT_COUNT ? name[format] : "?";
}

bool yg_opinion_format_of(struct yg_str name, enum yg_opinion_format *out)
{
    for (unsigned i = 0; i < YG_OPINION_FORMAT_COUNT; i++) {
        if (!yg_str_eq_nocase(name, yg_str_of(yg_opinion_format_name(i))))
            continue;
        *out = (enum yg_opinion_format)i;
        return true;
    }
    return false;
}
