"""From data files to batches, in five steps that each can be used alone.

1. `readers.read` turns a file (CSV, NPY, NPZ, IDX, Parquet) into a `table.Table`: named columns, rows first.
2. `splits` divides the rows: `fractions`, `folds`, `own_files`, `all_rows`, each a function of a seed and nothing else.
3. `fields` says what each placeholder is fed from: `Columns`, `Computed`, `Scaled`, `Filled`, `Encoded`, `SideBySide`.
4. `prepare.prepare` evaluates the fields of one split. Whatever is fitted (scaling, fill values) is fitted on the training
   rows only, and comes back as statistics by name, so that the same can be done to new data (`prepare.evaluate`).
5. `dataset.Dataset` holds the arrays of one part, and cuts them into batches.

A mistake in a file or in what is asked of it raises `ProgramError` with code `data` and no place in the program: whoever
called knows the statement, and adds its place.
"""
