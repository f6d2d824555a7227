"""The studio: the database in a browser.

Built on starlette-admin; needs the extra ``studio``. Of the two maintained admin libraries for SQLAlchemy,
both tried on these models, it allows to replace paging, session, fields and pages separately.
sqladmin counts the table of each list and pages by OFFSET, and has no form for a table with a vector.

Lists, forms, filters, pickers and the editor of a cell are starlette-admin's. It was left behind for: paging
(by key, not OFFSET), counts, NULL, keys without a relationship, lost updates, deletion (one statement, looked
at before; the library deletes object by object), copies and exports (streamed, as PostgreSQL prints them; the
library loads all rows), unknown names in an address (the library ignores them), and pages that are no table.
"""
