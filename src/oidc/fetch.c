/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>

static size_t keep(char *p, size_t size, size_t n, void *arg)
{
    struct yg_buf *b = arg;

    yg_buf_add(b, p, size * n);
    return yg_buf_status(b) == YG_OK ? size * n : 0;
}

/* Commands that the server begins meanwhile must not have it. */
static int close_on_exec(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)arg;
    (void)purpose;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int watch(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct yg_fetch *w = arg;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return w->stop && atomic_load(w->stop);
}

static void set_options(CURL *c, struct yg_fetch *w, struct curl_slist *headers,
                        struct yg_buf *out)
{
    curl_easy_setopt(c, CURLOPT_URL, w->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, w->plain ? "http" : "https");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)YG_FETCH_S);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, close_on_exec);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, w);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (w->ca)
        curl_easy_setopt(c, CURLOPT_CAINFO, w->ca);
    if (w->form)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, w->form);
    if (w->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, w->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, w->password);
    }
}

static enum yg_status get(void *arg, const struct yg_fetch *what, struct yg_buf *out,
                          unsigned *status, struct yg_err *err)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    char why[CURL_ERROR_SIZE] = "";
    enum yg_status st = YG_OK;
    CURL *c = curl_easy_init();
    long code = 0;

    (void)arg;
    if (!c || !headers) {
        st = yg_err_set(err, YG_ENOMEM, "no memory to ask the provider");
        goto out;
    }
    struct yg_fetch w = *what;
    set_options(c, &w, headers, out);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    CURLcode rc = curl_easy_perform(c);
    if (yg_buf_status(out) != YG_OK)
        st = yg_err_set(err, YG_ELIMIT, "%s answers with more than %zu bytes", what->url,
                        YG_FETCH_MAX);
    else if (rc != CURLE_OK)
        st = yg_err_set(err, YG_EIO, "%s: %s", what->url,
                        why[0] ? why : curl_easy_strerror(rc));
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
    *status = (unsigned)code;
out:
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
    return st;
}

struct yg_fetcher yg_fetcher_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return (struct yg_fetcher){ .get = get };
}
