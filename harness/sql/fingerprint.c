#include "base/buf.h"
#include "sql/sql.h"
#include "sql/worker.h"

int sql_fingerprint(const char *text, char **ret, struct err *err)
{
	struct buf reply = BUF_INIT;
	size_t offset;
	int rc = worker_call(WORKER_FINGERPRINT, text, &reply, &offset, err);

	if (rc < 0) {
		buf_release(&reply);
		return rc;
	}
	*ret = buf_detach(&reply);
	return 0;
}
