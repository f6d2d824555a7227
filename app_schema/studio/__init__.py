"""The studio: the database in a browser.

Built on starlette-admin; needs the extra ``studio``. Of the two maintained admin libraries for SQLAlchemy,
both tried on these models, it allows to replace paging, session, fields and pages separately.
sqladmin counts the table of each list and pages by OFFSET, and has no form for a table with a vector.
"""
