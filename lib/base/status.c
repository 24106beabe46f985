#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

unroll_status unroll_ok(void)
{
    unroll_status status;
    status.code = UNROLL_OK;
    status.place = "";
    status.text[0] = '\0';
    return status;
}

unroll_status unroll_status_at(unroll_code code, const char *place, const char *format, ...)
{
    unroll_status status;
    va_list arguments;
    status.code = code;
    status.place = place;
    va_start(arguments, format);
    vsnprintf(status.text, sizeof status.text, format, arguments);
    va_end(arguments);
    unroll_text_plain(status.text); /* it may quote a file, and goes to a terminal */
    return status;
}
