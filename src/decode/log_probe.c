/* SPDX-License-Identifier: Apache-2.0 */
/* Are the first bytes of a file logs of devices? */
#include "decode/log.h"
#include "decode/state.h"

bool yg_dialect_marked(const struct yg_dialect *dialect, struct yg_str raw)
{
    struct yg_str rest = dialect->marks ? yg_str_of(dialect->marks) : YG_STR_NONE;

    while (rest.n > 0) {
        struct yg_str mark = yg_str_cut(&rest, '|');
        if (raw.n >= mark.n && memmem(raw.p, raw.n, mark.p, mark.n))
            return true;
    }
    return !dialect->marks;
}

/* Half of the first lines have an envelope or a dialect that is more than a guess. */
int yg_log_probe(struct yg_str head)
{
    struct yg_str rest = head, line;
    int lines = 0, known = 0;

    if (yg_str_starts(yg_str_trim(head), YG_STR("<Event xmlns=")))
        return 40; /* of Windows, perhaps over several lines */
    while (rest.p && lines < 20) {
        struct yg_logline l;
        line = yg_str_trim(yg_str_cut(&rest, '\n'));
        if (line.n == 0 || (!rest.p && lines > 0)) /* the last may be cut off */
            continue;
        yg_logline_of(line, 0, 0, &l);
        bool fits = l.envelope != YG_ENVELOPE_NONE;
        for (size_t k = 0; !fits && yg_dialects[k]; k++)
            fits = yg_dialect_match(yg_dialects[k], &l) >= 50;
        known += fits;
        lines++;
    }
    return lines > 0 && known * 2 >= lines ? 40 : 0;
}

/* One object over several lines, or an array of them. */
int yg_log_json_probe(struct yg_str head)
{
    struct yg_logline l = { .body = yg_str_trim(head), .json = true };

    if (l.body.n == 0 || (l.body.p[0] != '{' && l.body.p[0] != '['))
        return 0;
    for (size_t k = 0; yg_dialects[k]; k++)
        if (yg_dialects[k]->signs && yg_dialect_match(yg_dialects[k], &l) > 0)
            return 45;
    return 0;
}
