/*
 * Text that page.js unpacks when it is asked for: rows by the thousand say the same words over and
 * over, and what a browser does not parse it does not wait for.
 */
#include "report/html_parts.h"

#include "base/mem.h"
#include "measure/packed.h"

void html_add_packed(struct buf *out, const char *id, const struct buf *text)
{
	_cleanup_free_ char *packed = pack_base64(text->data, text->len);

	buf_addf(out, "<script type=\"text/plain\" id=\"%s\">", id);
	buf_adds(out, packed);
	buf_adds(out, "</script>\n");
}
