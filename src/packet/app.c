/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "base/status.h"

/* clang-format off */
#define ROW(id, name, ...) { YG_APP_##id, { __VA_ARGS__ }, yg_##name##_probe, yg_##name##_parse }
const struct yg_app_decoder yg_app_decoders[] = {
    ROW(HTTP,     http,     80, 8080, 3128, 5985, 8000),
    ROW(TLS,      tls,      443, 8443, 993, 995, 636, 465),
    ROW(DNS,      dns,      53, 5353, 5355),
    ROW(SMB,      smb,      445, 139),
    ROW(DCERPC,   dcerpc,   135),
    ROW(KERBEROS, kerberos, 88, 464),
    ROW(LDAP,     ldap,     389, 3268),
    ROW(SSH,      ssh,      22),
    ROW(FTP,      ftp,      21),
    ROW(SMTP,     smtp,     25, 587),
    ROW(RDP,      rdp,      3389),
    ROW(TLS,      tlslate,  110, 143, 1080, 1194, 5432),
};
/* clang-format on */
#undef ROW
const size_t yg_app_decoder_count = YG_ARRAY_LEN(yg_app_decoders);

const char *yg_app_name(unsigned app)
{
    static const char *const name[YG_APP_COUNT] = {
#define X(id, text) text,
        YG_APPS(X)
#undef X
    };
    return app < YG_APP_COUNT ? name[app] : "?";
}

/* Further ports above 1023 that a service is known to own (IANA and common practice). */
static const uint16_t owned[] = {
    1080, 1194, 1433, 1434, 1521,  1701,  1723,  1812,  1813,  1883,  1900, 2049,
    2152, 2222, 2375, 2404, 3000,  3306,  3478,  4444,  4500,  4786,  4789, 5000,
    5060, 5061, 5222, 5432, 5555,  5601,  5672,  5900,  5938,  5984,  5986, 6081,
    6379, 6443, 6667, 7001, 8008,  8081,  8086,  8088,  8333,  8888,  9000, 9042,
    9090, 9200, 9300, 9999, 10000, 11211, 20000, 27017, 44818, 47808,
};

bool yg_port_owned(uint16_t port)
{
    if (port < 1024)
        return true;
    for (size_t i = 0; i < yg_app_decoder_count; i++)
        for (size_t k = 0;
             k < YG_ARRAY_LEN(yg_app_decoders[i].port) && yg_app_decoders[i].port[k]; k++)
            if (yg_app_decoders[i].port[k] == port)
                return true;
    for (size_t i = 0; i < YG_ARRAY_LEN(owned); i++)
        if (owned[i] == port)
            return true;
    return false;
}

struct yg_exchange *yg_app_exchange(struct yg_talk *talk, struct yg_arena *arena)
{
    if (talk->exchanges == YG_EXCHANGES_MAX) {
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
        return NULL;
    }
    if (!talk->exchange)
        talk->exchange =
            yg_arena_alloc(arena, YG_EXCHANGES_MAX * sizeof(*talk->exchange));
    if (!talk->exchange) {
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
        return NULL;
    }
    struct yg_exchange *x = &talk->exchange[talk->exchanges++];
    *x = (struct yg_exchange){ .app = talk->app, .status = -1 };
    return x;
}

int64_t yg_side_time(const struct yg_side *s, uint32_t at)
{
    int64_t t = s->first_ns;

    for (uint32_t i = 0; i < s->segments && s->segment[i].at <= at; i++)
        t = s->segment[i].time_ns;
    return t;
}

void yg_app_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    uint16_t port = talk->server_port;

    talk->app = YG_APP_NONE;
    talk->exchange = NULL;
    talk->exchanges = 0;
    talk->hello = NULL;
    for (int i = 0; i < YG_SIDES; i++)
        if (!talk->side[i].bytes.p) /* decoders may then add to the pointer */
            talk->side[i].bytes.p = "";
    for (size_t i = 0; i < yg_app_decoder_count; i++) {
        const struct yg_app_decoder *d = &yg_app_decoders[i];
        if (!d->probe(talk))
            continue;
        talk->app = d->app;
        if (d->port[0] != port && yg_port_owned(port)) {
            bool own = false;
            for (size_t k = 0; k < YG_ARRAY_LEN(d->port); k++)
                own |= d->port[k] == port;
            if (!own && port < 1024)
                talk->anomalies |= YG_ANOMALY_BIT(YG_A_PORT_PROTOCOL);
        }
        d->parse(talk, arena);
        return;
    }
}
