/* The run record, byte for byte as run_save writes it. */
#include "model/run.h"
#include "report/report_format.h"

#include "base/mem.h"

#include <jansson.h>

void render_json(const struct run *run, struct buf *out)
{
	json_t *root = run_to_json(run);
	_cleanup_free_ char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

	json_decref(root);
	buf_adds(out, text ? text : "{}");
	buf_addc(out, '\n');
}
