SELECT count(*) FROM jobs WHERE state = 'retry' AND id > 390000;
