/* SPDX-License-Identifier: Apache-2.0 */
/* yagura packets: what crossed the wire around one alert. */
#include "base/clock.h"
#include "base/text.h"
#include "pipeline/lookat.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <sodium.h>

#define LINES_DEFAULT 400

static enum yg_status read_options(const struct yg_cli *cli, struct yg_show *show,
                                   struct yg_err *err)
{
    const char *view = yg_cli_text(cli, "view", "summary");
    const char *way = yg_cli_text(cli, "way", "both");
    int64_t lines = LINES_DEFAULT;
    enum yg_status st = yg_cli_number(cli, "lines", 1, 1000000, &lines, err);

    *show = (struct yg_show){ .all = yg_cli_flag(cli, "all"), .lines = (uint32_t)lines };
    if (st == YG_OK && !yg_lookat_view(yg_str_of(view), &show->what))
        st = yg_err_set(err, YG_EINVAL, "--view %s: write summary, hex, ascii or stream",
                        view);
    if (st == YG_OK && !yg_lookat_way(yg_str_of(way), &show->way))
        st = yg_err_set(err, YG_EINVAL, "--way %s: write both, to-server or to-client",
                        way);
    return st;
}

/* Which alert it is: a run's id stands for its most dangerous one. */
static void head(const struct yg_store_record *rec, struct yg_str tenant,
                 struct yg_buf *out)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(rec->id, YG_ID_SIZE, hex);
    yg_buf_printf(out, "alert %s of ", hex);
    yg_text_safe(out, tenant);
    yg_buf_printf(out, " at %s\n\n", yg_time_text(rec->time_ns, time));
}

static enum yg_status save(struct yg_app *app, const struct yg_store_record *rec,
                           const struct yg_captures *from, struct yg_buf *out,
                           struct yg_err *err)
{
    const char *path = yg_cli_text(app->cli, "pcap", NULL);
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(digest) + 1];
    struct yg_buf pcap;

    yg_buf_init(&pcap, (size_t)4 << 20);
    enum yg_status st = yg_lookat_pcap(app->store, rec, from, &pcap, err);
    struct yg_str bytes = yg_buf_str(&pcap);
    if (st == YG_OK && bytes.n == 0)
        st = yg_err_set(err, YG_ENOTFOUND,
                        "no packets are kept with this alert and it carries none");
    if (st == YG_OK)
        st = yg_app_write(path, bytes, err);
    if (st == YG_OK) {
        crypto_hash_sha256(digest, (const unsigned char *)bytes.p, bytes.n);
        yg_hex(digest, sizeof(digest), hex);
        if (app->json)
            yg_buf_printf(out, "{\"bytes\":%zu,\"sha256\":\"%s\"}\n", bytes.n, hex);
        else
            yg_buf_printf(out, "%zu bytes, SHA-256 %s\n", bytes.n, hex);
    }
    yg_buf_fini(&pcap);
    return st;
}

static enum yg_status packets(struct yg_app *app, struct yg_buf *out, struct yg_err *err)
{
    struct yg_store_record rec;
    struct yg_str tenant;
    struct yg_show show;
    struct yg_captures from = { .after_ns = yg_app_packets_after(app) };
    enum yg_status st = read_options(app->cli, &show, err);

    if (st == YG_OK)
        st = yg_app_store(app, false, true, err);
    if (st == YG_OK)
        st = yg_app_alert(app, &rec, &tenant, err);
    if (st == YG_OK && rec.packets.n == 0)
        st = yg_app_spool(app, YG_INDEX_SHARE, &from.spool, err);
    if (st != YG_OK)
        return st;
    if (yg_cli_text(app->cli, "pcap", NULL))
        return save(app, &rec, &from, out, err);
    if (!app->json)
        head(&rec, tenant, out);
    const struct yg_lookat ask = { .show = show, .json = app->json };
    st = yg_lookat(app->store, &rec, &from, &ask, out, err);
    if (st == YG_OK && app->json)
        yg_buf_char(out, '\n');
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_app app;
    struct yg_buf out;
    enum yg_status st = yg_app_init(&app, cli, &err);

    yg_buf_init(&out, (size_t)64 << 20);
    if (st == YG_OK)
        st = packets(&app, &out, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_buf_fini(&out);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_packets = {
    .name = "packets",
    .args = "ID",
    .summary = "show what crossed the wire around one alert, and whether it succeeded",
    .help =
        "ID is that of an alert or of a run of the queue (then its most dangerous "
        "alert). The\npackets are those kept with the alert, else what the captures "
        "still hold, else the one\npacket in the record. Every byte is shown as text and "
        "does nothing to the terminal.\n"
        "#N is a conversation, * the alert's own, > to its server and < to its client; "
        "in\nevidence, 78+64 are 64 bytes at 78 of that side's stream.",
    .opt = { { "view", "VIEW", "summary (default), hex, ascii or stream" },
             { "way", "WAY", "both (default), to-server or to-client" },
             { "alert", NULL, "ID is an alert's, also if a run has the same one" },
             { "all", NULL, "every conversation, not only the alert's own" },
             { "lines", "N", "at most so many lines (default: 400)" },
             { "pcap", "FILE", "write exactly these packets, and print their SHA-256" },
             { "packets", "PATHS", "capture files and folders to look in" } },
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
