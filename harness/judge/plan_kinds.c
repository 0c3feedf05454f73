#include "judge/plan_kinds.h"

const struct plan_kind_info plan_kinds[N_PLAN_KINDS] = {
    [KIND_SEQ_TO_INDEX] = {"seq_to_index", "reads through an index, no longer sequentially"},
    [KIND_INDEX_TO_SEQ] = {"index_to_seq", "reads sequentially, no longer through an index"},
    [KIND_INDEX_CHANGED] = {"index_changed", "reads through another index"},
    [KIND_SCAN_CHANGED] = {"scan_changed", "reads the same index in another way"},
    [KIND_PRUNING_LOST] = {"partition_pruning_lost", "reads more partitions"},
    [KIND_PRUNING_GAINED] = {"partition_pruning_gained", "reads fewer partitions"},
    [KIND_JOIN_ORDER_CHANGED] = {"join_order_changed", "joins in another order"},
    [KIND_JOIN_METHOD_CHANGED] = {"join_method_changed", "joins by another method"},
    [KIND_SORT_ADDED] = {"sort_added", "sorts more often"},
    [KIND_SORT_REMOVED] = {"sort_removed", "sorts less often"},
    [KIND_PARALLEL_LOST] = {"parallel_lost", "no longer runs in parallel"},
    [KIND_PARALLEL_GAINED] = {"parallel_gained", "now runs in parallel"},
    [KIND_AGGREGATE_CHANGED] = {"aggregate_changed", "aggregates by another strategy"},
    [KIND_BITMAP_LOSSY] = {"bitmap_lossy", "the bitmap no longer fits into work_mem"},
    [KIND_ROWS_MISESTIMATED] = {"rows_misestimated", "finds many more rows than planned"},
    [KIND_TIMED_OUT] = {"timed_out", "does not end within the time limit"},
    [KIND_SHAPE_CHANGED] = {"shape_changed", "has another plan"},
};
