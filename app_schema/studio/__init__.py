"""The studio: the database in a browser, for people who look rather than type.

Built on starlette-admin; needs the extra ``studio``. Of the two maintained admin libraries for SQLAlchemy,
both tried on these models, it is the one that lets paging, session, fields and pages be replaced one by one.
With sqladmin a list counts its table and pages by OFFSET, and a table with a vector has no form.
"""
