/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind_priv.h"

#include "base/status.h"

#define LOOK_MAX 4096

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the UTF-8 sequence at `i`; 1: none begins there. */
static size_t utf8_length(struct yg_str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;

    if (n > s.n - i)
        return 1;
    for (size_t k = 1; k < n; k++)
        if (((unsigned char)s.p[i + k] & 0xc0) != 0x80)
            return 1;
    return n;
}

/* Eight bytes of 0x20 to 0x7e: nothing to look at one by one (speed only). */
static bool is_plain(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return ((v | (v - 0x20 * ones) | (v + ones)) & (0x80 * ones)) == 0;
}

/* A letter can stand in UTF-8 or a code page; control bytes stand in no text. */
static bool is_text(struct yg_str s)
{
    size_t control = 0, high = 0;

    for (size_t i = 0; i < s.n; i++) {
        for (; s.n - i > 8 && is_plain(s.p + i); i += 8)
            continue;
        unsigned char c = (unsigned char)s.p[i];
        control += (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' &&
                    c != 0x1b && c != '\b') ||
                   c == 0x7f;
        if (c < 0x80)
            continue;
        size_t n = utf8_length(s, i);
        high += n == 1;
        i += n - 1;
    }
    if (control > s.n / 256)
        return false;
    /* bytes at random hold no 64 without a control byte; short ones may */
    return high <= s.n / 4 || s.n >= 64;
}

static bool starts_nocase(struct yg_str s, const char *what)
{
    size_t n = strlen(what);

    return s.n >= n && yg_str_eq_nocase((struct yg_str){ s.p, n }, yg_str_of(what));
}

static bool starts_any(struct yg_str s, const char *const *what, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (starts_nocase(s, what[i]))
            return true;
    return false;
}

static unsigned count_any(struct yg_str s, const char *const *what, size_t count)
{
    unsigned n = 0;

    for (size_t i = 0; i < count; i++)
        n += yg_str_has_nocase(s, yg_str_of(what[i]));
    return n;
}

/* Byte order mark and blanks off; at most LOOK_MAX. */
static struct yg_str begin_of(struct yg_str s)
{
    if (yg_str_starts(s, YG_STR("\xef\xbb\xbf")))
        s.p += 3, s.n -= 3;
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    s.n = s.n < LOOK_MAX ? s.n : LOOK_MAX;
    return s;
}

static unsigned markup_kind(struct yg_str s)
{
    static const char *const html[] = {
        "<!doctype html", "<html", "<head", "<body",   "<script", "<title", "<div",
        "<table",         "<meta", "<a ",   "<h1",     "<h2",     "<p>",    "<p ",
        "<iframe",        "<form", "<br",   "<center", "<font",   "<style", "<img",
        "<span",          "<ul",   "<pre",  "<object", "<link",   "<b>",    "<input",
    };

    if (starts_any(s, html, YG_ARRAY_LEN(html)))
        return YG_FILE_HTML;
    if (starts_nocase(s, "<svg"))
        return YG_FILE_IMAGE;
    if (starts_nocase(s, "<!--") || starts_nocase(s, "<?xml") || starts_nocase(s, "<!")) {
        if (yg_str_has_nocase(s, YG_STR("<html")) ||
            yg_str_has_nocase(s, YG_STR("<body")) ||
            yg_str_has_nocase(s, YG_STR("<script")))
            return YG_FILE_HTML;
        if (yg_str_has_nocase(s, YG_STR("<svg")))
            return YG_FILE_IMAGE;
        return starts_nocase(s, "<!--") ? YG_FILE_HTML : YG_FILE_XML;
    }
    bool name = s.n > 2 && s.p[0] == '<' &&
                ((s.p[1] >= 'a' && s.p[1] <= 'z') || (s.p[1] >= 'A' && s.p[1] <= 'Z'));
    return name && memchr(s.p, '>', s.n) ? YG_FILE_XML : YG_FILE_UNKNOWN;
}

static bool is_json(struct yg_str s)
{
    if (s.n == 0 || (s.p[0] != '{' && s.p[0] != '['))
        return false;
    struct yg_str in = { s.p + 1, s.n - 1 };
    while (in.n && is_blank(in.p[0]))
        in.p++, in.n--;
    if (in.n == 0)
        return false;
    if (s.p[0] == '{')
        return in.p[0] == '"' || in.p[0] == '}';
    return memchr("{[\"-0123456789tfn]", in.p[0], 18) != NULL;
}

static bool is_server_script(struct yg_str s)
{
    return starts_nocase(s, "<?php") || yg_str_starts(s, YG_STR("<?=")) ||
           yg_str_starts(s, YG_STR("<%")) || yg_str_starts(s, YG_STR("<? "));
}

/* Words of shells, PowerShell, VBScript, batch files and Windows' script host. One that
 * stands nowhere else is enough, of the others it takes two. */
bool yg_file_host_script(struct yg_str bytes)
{
    static const char *const sure[] = {
        "wscript.shell",
        "wscript.createobject",
        "powershell -",
        "powershell.exe",
        "iex (new-object",
        "iex(new-object",
        "frombase64string(",
        "on error resume next",
        "@echo off",
        "scripting.filesystemobject",
        "invoke-expression",
        "[system.reflection.assembly]",
        "new-object system.net.webclient",
        "new-object net.webclient",
    };
    static const char *const hint[] = {
        "chmod +x",      "chmod 777",     "wget http",
        "curl -",        "/bin/sh",       "/bin/bash",
        "cd /tmp",       "rm -rf",        "busybox",
        "import socket", "import os",     "subprocess.",
        "os.system(",    "createobject(", "function(",
        "param(",        "write-host",    "set-executionpolicy",
        "$env:",         "-enc ",         "adodb.stream",
        "xmlhttp",       "shellexecute",  "eval(",
        "cmd.exe",       "cmd /c",        "dim ",
        "end sub",       "chr(",          "activexobject",
    };
    struct yg_str s = begin_of(bytes);

    if (yg_str_starts(s, YG_STR("#!")) || is_server_script(s))
        return true;
    if (markup_kind(s) != YG_FILE_UNKNOWN) /* pages hold anything; only this runs */
        return yg_str_has_nocase(s, YG_STR("hta:application"));
    if (count_any(s, sure, YG_ARRAY_LEN(sure)))
        return true;
    bool browser = yg_str_has_nocase(s, YG_STR("document.")) ||
                   yg_str_has_nocase(s, YG_STR("window."));
    return !browser && !is_json(s) && count_any(s, hint, YG_ARRAY_LEN(hint)) >= 2;
}

static bool is_page_script(struct yg_str s)
{
    static const char *const begin[] = {
        "(function", "!function", "function ", "\"use strict\"", "'use strict'",
        "var ",      "let ",      "const ",    "window.",        "document.",
        "$(",        "jquery",    "import ",   "export ",        "define(",
    };
    static const char *const hint[] = {
        "function(", "function ",  "var ",    "document.", "window.",   "=>",
        "return ",   ".prototype", "typeof ", "eval(",     "unescape(", "if (",
        "if(",       "this.",      ".length", "for(",      "jquery",    "$(",
    };
    unsigned hints = count_any(s, hint, YG_ARRAY_LEN(hint));

    return hints >= 4 || (hints >= 1 && starts_any(s, begin, YG_ARRAY_LEN(begin)));
}

/* PHP's serialised objects and lists: O:8:"stdClass":0:{ */
static bool is_php_object(struct yg_str s)
{
    size_t i = 2;

    if (s.n < 8 || !memchr("OaC", s.p[0], 3) || s.p[1] != ':')
        return false;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i > 2 && i + 1 < s.n && s.p[i] == ':' &&
           (s.p[i + 1] == '"' || s.p[i + 1] == '{');
}

unsigned yg_file_text_kind(struct yg_str bytes)
{
    struct yg_str look = { bytes.p, bytes.n < LOOK_MAX ? bytes.n : LOOK_MAX };

    if (yg_str_starts(look, YG_STR("\xff\xfe")) ||
        yg_str_starts(look, YG_STR("\xfe\xff")))
        return YG_FILE_TEXT;
    if (!is_text(look))
        return YG_FILE_UNKNOWN;
    struct yg_str s = begin_of(bytes);
    if (starts_nocase(s, "-----BEGIN "))
        return YG_FILE_CERTIFICATE;
    if (starts_nocase(s, "[InternetShortcut]"))
        return YG_FILE_SHORTCUT;
    if (is_php_object(s))
        return YG_FILE_SERIALIZED;
    if (yg_file_host_script(bytes))
        return YG_FILE_SCRIPT;
    unsigned markup = markup_kind(s);
    if (markup != YG_FILE_UNKNOWN)
        return markup;
    if (is_json(s))
        return YG_FILE_JSON;
    return is_page_script(s) ? YG_FILE_SCRIPT : YG_FILE_TEXT;
}
