"""residents' words for official words"""

import sqlalchemy as sa
from alembic import op

import database

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('synonym_group',
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('official', sa.String(length=40), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_by', sa.String(length=100), nullable=False),
    sa.Column('changed_at', database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_synonym_group_municipality_municipality')),
    sa.PrimaryKeyConstraint('municipality', 'official', name=op.f('pk_synonym_group'))
    )


def downgrade() -> None:
    op.drop_table('synonym_group')
