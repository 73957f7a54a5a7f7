/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/subject.h"

#include "conf/watchline.h"
#include "event/ip.h"

#include <stdio.h>

#define V4_BITS 96

static const char *read_net(struct yg_str text, struct yg_subject *out)
{
    struct yg_watch_line l;
    struct yg_str word;
    char ip[YG_IP_TEXT_MAX];
    const char *wrong = yg_watch_line_read(text, &l, &word);

    if (wrong || !l.some || l.type != YG_WATCH_ADDRESS)
        return wrong ? wrong : "is no address";
    if (l.prefix < yg_net_least(l.bytes))
        return "is every address there is; name networks";
    yg_net_form(l.bytes, l.prefix, out->net);
    out->net_size = YG_NET_FORM;
    out->network = l.prefix < YG_WATCH_BITS;
    (void)yg_ip_text(l.bytes, ip);
    if (!out->network)
        snprintf(out->text, sizeof(out->text), "%s", ip);
    else
        snprintf(out->text, sizeof(out->text), "%s/%u", ip,
                 yg_ip_is_v4(l.bytes) ? l.prefix - V4_BITS : l.prefix);
    return NULL;
}

static const char *read_host(struct yg_str text, struct yg_subject *out)
{
    static const char *const what =
        "is no address, network or host name; write 192.0.2.7, 192.0.2.0/24 or "
        "web1.example";
    unsigned char low[256];
    size_t n;

    if (text.n > YG_WATCH_DOMAIN_MAX || !yg_watch_fold(text, low, &n) || n == 0)
        return what;
    for (size_t i = 0; i < n; i++) {
        char c = (char)low[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || (c != '.' && c != '-' && c != '_') ||
                       (c == '.' && low[i - 1] == '.')))
            return what;
    }
    size_t last = n; /* label; one of digits only is of an address mistyped */
    while (last > 0 && low[last - 1] >= '0' && low[last - 1] <= '9')
        last--;
    if (last == 0 || low[last - 1] == '.')
        return what;
    memcpy(out->text, low, n);
    out->text[n] = '\0';
    return NULL;
}

const char *yg_subject_read(struct yg_str text, struct yg_subject *out)
{
    unsigned char ip[YG_IP_SIZE];

    *out = (struct yg_subject){ .network = false };
    text = yg_str_trim(text);
    if (text.n > YG_WATCH_DOMAIN_MAX + 1 || memchr(text.p ? text.p : "", '\0', text.n))
        return read_host(YG_STR_NONE, out);
    bool net = text.n > 0 && (memchr(text.p, '/', text.n) || memchr(text.p, ':', text.n));
    for (size_t i = 0; net && i < text.n; i++) /* nothing of a list's line */
        if (!strchr("0123456789abcdefABCDEF.:/", text.p[i]))
            return read_host(YG_STR_NONE, out);
    return net || (text.n < YG_IP_TEXT_MAX && yg_ip_parse(text, ip))
               ? read_net(text, out)
               : read_host(text, out);
}

enum yg_status yg_asset_subject(struct yg_str text, char out[YG_ASSET_SUBJECT],
                                struct yg_err *err)
{
    struct yg_subject s;
    const char *wrong = yg_subject_read(text, &s);

    if (wrong)
        return yg_err_set(err, YG_EINVAL, "\"%.*s\" %s", (int)(text.n < 60 ? text.n : 60),
                          text.p ? text.p : "", wrong);
    memcpy(out, s.text, YG_ASSET_SUBJECT);
    return YG_OK;
}

bool yg_cve_of(struct yg_str text, char out[YG_CVE_TEXT])
{
    static const char mark[] = "CVE";
    size_t n = 0;

    text = yg_str_trim(text);
    if (text.n < 13 || text.n >= YG_CVE_TEXT) /* CVE-2021-44228 */
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (i < 3)
            c = (char)(c & ~0x20);
        if (c == '_' || c == ',')
            c = '-';
        bool digit = c >= '0' && c <= '9';
        if (i < 3 ? c != mark[i] : i == 3 || i == 8 ? c != '-' : !digit)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}
