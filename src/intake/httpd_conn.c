/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpd_priv.h"
#include "intake/loop.h"

#include <sys/socket.h>

#define BODY_RATE 1024 /* bytes a second, on average, once the idle timeout is over */

/* MHD_AcceptPolicyCallback: in the listener's thread. */
enum MHD_Result yg_httpd_admit(void *cls, const struct sockaddr *a, socklen_t n)
{
    struct yg_httpd *h = cls;
    struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
    char text[YG_SOCK_PEER_MAX];
    unsigned same = 0;

    memcpy(&from, a, n < sizeof(from) ? n : sizeof(from));
    struct yg_str host = yg_sock_host(yg_sock_peer(&from, text));
    pthread_mutex_lock(&h->peers_lock);
    for (const struct yg_httpd_peer *p = h->oldest; p; p = p->next)
        same += !p->shut && yg_str_eq(host, yg_str_of(p->host));
    pthread_mutex_unlock(&h->peers_lock);
    if (h->opt.per_address == 0 || same < h->opt.per_address)
        return MHD_YES;
    if (h->opt.turned_away)
        h->opt.turned_away(h->opt.arg);
    return MHD_NO;
}

static struct yg_httpd_peer *peer_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return i ? i->socket_context : NULL;
}

void yg_httpd_phase(struct yg_httpd *h, struct MHD_Connection *c,
                    enum yg_httpd_phase phase)
{
    struct yg_httpd_peer *p = peer_of(c);

    if (!p)
        return;
    pthread_mutex_lock(&h->peers_lock);
    /* The first request's line counts from the connection's beginning. */
    if (!(p->phase == YG_HTTPD_FIRST && phase == YG_HTTPD_HEADERS))
        p->phase_ns = yg_loop_monotonic();
    p->phase = phase;
    p->bytes = 0;
    pthread_mutex_unlock(&h->peers_lock);
}

void yg_httpd_progress(struct yg_httpd *h, struct MHD_Connection *c, size_t bytes)
{
    struct yg_httpd_peer *p = peer_of(c);

    if (!p)
        return;
    pthread_mutex_lock(&h->peers_lock);
    p->bytes += bytes;
    pthread_mutex_unlock(&h->peers_lock);
}

/* Seconds that its phase may take; what brings nothing at all the library ends. */
static int64_t allowed(const struct yg_httpd *h, const struct yg_httpd_peer *p)
{
    int64_t idle = h->opt.idle_s ? h->opt.idle_s : 300;
    int64_t headers = h->opt.header_s ? h->opt.header_s : 30;

    switch (p->phase) {
    case YG_HTTPD_FIRST:
    case YG_HTTPD_HEADERS:
        return headers;
    case YG_HTTPD_BETWEEN:
        return idle + headers;
    case YG_HTTPD_UPLOAD:
        return idle + (int64_t)(p->bytes / BODY_RATE);
    case YG_HTTPD_ANSWER:
        break;
    }
    return INT64_MAX / YG_NS_PER_S;
}

void yg_httpd_hurry(struct yg_httpd *h)
{
    int64_t now = yg_loop_monotonic();
    unsigned gone = 0;

    if (now - h->hurried_ns < YG_HTTPD_LOOK_NS)
        return;
    h->hurried_ns = now;
    pthread_mutex_lock(&h->peers_lock);
    for (struct yg_httpd_peer *p = h->oldest; p; p = p->next) {
        if (p->shut || now - p->phase_ns <= allowed(h, p) * YG_NS_PER_S)
            continue;
        p->shut = shutdown(p->fd, SHUT_RDWR) == 0; /* the library sees an end */
        gone += p->shut;
    }
    pthread_mutex_unlock(&h->peers_lock);
    for (; gone > 0 && h->opt.turned_away; gone--)
        h->opt.turned_away(h->opt.arg);
}
