#include "base/mem.h"
#include "pg/db_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void db_rows_free(struct db_rows *rows)
{
	if (!rows)
		return;
	PQclear(rows->result);
	free(rows);
}

int db_rows_count(const struct db_rows *rows)
{
	return PQntuples(rows->result);
}

int db_rows_columns(const struct db_rows *rows)
{
	return PQnfields(rows->result);
}

bool db_is_null(const struct db_rows *rows, int row, int column)
{
	return PQgetisnull(rows->result, row, column);
}

const char *db_text(const struct db_rows *rows, int row, int column)
{
	const char *value = PQgetvalue(rows->result, row, column);

	return value ? value : "";
}

double db_double(const struct db_rows *rows, int row, int column)
{
	return db_is_null(rows, row, column) ? NAN : strtod(db_text(rows, row, column), NULL);
}

int64_t db_int(const struct db_rows *rows, int row, int column)
{
	return strtoll(db_text(rows, row, column), NULL, 10);
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
	return db_text(rows, row, column)[0] == 't';
}

uint32_t db_column_type(const struct db_rows *rows, int column)
{
	return PQftype(rows->result, column);
}
