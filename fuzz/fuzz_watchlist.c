/* SPDX-License-Identifier: Apache-2.0 */
/* A list of any bytes is read or refused; any name and address is looked up in it. The
 * bytes up to the first NUL are the list, what follows is asked for. */
#include "conf/watchlist.h"

#include "event/ip.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

static void on_hit(void *arg, const struct yg_watch_hit *hit)
{
    unsigned *bits = arg;

    expect(hit->what == YG_WATCH_INTEL || hit->what == YG_WATCH_CRITICAL);
    expect(hit->value.n > 0 && hit->line > 0 && strcmp(hit->path, "list") == 0);
    *bits |= hit->what;
}

static void look(struct yg_watchlist *w, struct yg_str s)
{
    unsigned told = 0, quiet;
    struct yg_watch_ask ask = { .list = w, .where = "x", .each = on_hit, .arg = &told };

    unsigned bits = yg_watchlist_name(&ask, s);
    expect(((bits & YG_WATCH_INTEL) != 0) == ((told & YG_WATCH_INTEL) != 0));
    expect(((bits & YG_WATCH_CRITICAL) != 0) == ((told & YG_WATCH_CRITICAL) != 0));
    ask.each = NULL;
    quiet = yg_watchlist_name(&ask, s);
    expect(quiet == bits);
    if (s.n >= YG_IP_SIZE)
        (void)yg_watchlist_ip(&ask, (const unsigned char *)s.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str rest = { (const char *)data, size };
    struct yg_str text = yg_str_cut(&rest, '\0');
    struct yg_watchlist *w = NULL;
    struct yg_err err = { 0 };

    if (yg_watchlist_new(&w, &err) != YG_OK)
        return 0;
    enum yg_watch what = size & 1 ? YG_WATCH_INTEL : YG_WATCH_CRITICAL;
    enum yg_status st = yg_watchlist_add(w, what, "list", text, &err);
    struct yg_watchlist_stats s = yg_watchlist_stats(w, what, 0);
    if (st != YG_OK) {
        expect(err.msg[0] != '\0' && s.entries == 0 && s.files == 0);
    } else {
        expect(s.expired <= s.entries && s.networks <= s.entries && s.files == 1);
        look(w, rest);
    }
    yg_watchlist_free(w);
    return 0;
}
