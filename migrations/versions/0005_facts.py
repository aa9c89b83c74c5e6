"""what is counted about questions, and forecasts"""

import sqlalchemy as sa
from alembic import op

import database

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('article_week',
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('topic', sa.String(length=100), nullable=False),
    sa.Column('article', sa.String(length=200), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('judged', sa.Integer(), nullable=False),
    sa.Column('resolved', sa.Integer(), nullable=False),
    sa.Column('again', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_article_week_municipality_municipality')),
    sa.PrimaryKeyConstraint('municipality', 'week', 'channel', 'topic', 'article', name=op.f('pk_article_week'))
    )
    op.create_table('fact_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_fact_change_municipality_municipality')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_change'))
    )
    op.create_table('forecast',
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('made_at', database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_week', sa.Date(), nullable=True),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_forecast_municipality_municipality')),
    sa.PrimaryKeyConstraint('municipality', name=op.f('pk_forecast'))
    )
    op.create_table('handoff_fact',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('handoff', sa.BigInteger(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('topic', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('waiting', sa.Double(), nullable=True),
    sa.Column('closing', sa.Double(), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_handoff_fact_municipality_municipality')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handoff_fact'))
    )
    with op.batch_alter_table('handoff_fact', schema=None) as batch_op:
        batch_op.create_index('ix_handoff_fact_day', ['municipality', 'day'], unique=False)
        batch_op.create_index('ix_handoff_fact_handoff', ['handoff'], unique=True)

    op.create_table('question_day',
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('topic', sa.String(length=100), nullable=False),
    sa.Column('questions', sa.Integer(), nullable=False),
    sa.Column('conversations', sa.Integer(), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('asked_back', sa.Integer(), nullable=False),
    sa.Column('unanswered', sa.Integer(), nullable=False),
    sa.Column('handed_over', sa.Integer(), nullable=False),
    sa.Column('judged', sa.Integer(), nullable=False),
    sa.Column('resolved', sa.Integer(), nullable=False),
    sa.Column('could_abandon', sa.Integer(), nullable=False),
    sa.Column('abandoned', sa.Integer(), nullable=False),
    sa.Column('again', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_question_day_municipality_municipality')),
    sa.PrimaryKeyConstraint('municipality', 'day', 'channel', 'topic', name=op.f('pk_question_day'))
    )
    op.create_table('question_fact',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('municipality', sa.String(length=6), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=True),
    sa.Column('message', sa.BigInteger(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('language', sa.String(length=20), nullable=False),
    sa.Column('topic', sa.String(length=100), nullable=False),
    sa.Column('article', sa.String(length=200), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('probability', sa.Double(), nullable=True),
    sa.Column('ms', sa.Double(), nullable=True),
    sa.Column('first', sa.Boolean(), nullable=False),
    sa.Column('resolved', sa.Boolean(), nullable=True),
    sa.Column('handed_over', sa.Boolean(), nullable=False),
    sa.Column('settling', sa.Boolean(), nullable=False),
    sa.Column('abandoned', sa.Boolean(), nullable=True),
    sa.Column('again', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], name=op.f('fk_question_fact_conversation_conversation'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['municipality'], ['municipality.code'], name=op.f('fk_question_fact_municipality_municipality')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_fact'))
    )
    with op.batch_alter_table('question_fact', schema=None) as batch_op:
        batch_op.create_index('ix_question_fact_conversation', ['conversation', 'id'], unique=False)
        batch_op.create_index('ix_question_fact_day', ['municipality', 'day'], unique=False)
        batch_op.create_index('ix_question_fact_message', ['message'], unique=True)
        batch_op.create_index('ix_question_fact_settling', ['message'], unique=False, sqlite_where=sa.text('settling = 1'), postgresql_where=sa.text('settling'))


def downgrade() -> None:
    with op.batch_alter_table('question_fact', schema=None) as batch_op:
        batch_op.drop_index('ix_question_fact_settling', sqlite_where=sa.text('settling = 1'), postgresql_where=sa.text('settling'))
        batch_op.drop_index('ix_question_fact_message')
        batch_op.drop_index('ix_question_fact_day')
        batch_op.drop_index('ix_question_fact_conversation')

    op.drop_table('question_fact')
    op.drop_table('question_day')
    with op.batch_alter_table('handoff_fact', schema=None) as batch_op:
        batch_op.drop_index('ix_handoff_fact_handoff')
        batch_op.drop_index('ix_handoff_fact_day')

    op.drop_table('handoff_fact')
    op.drop_table('forecast')
    op.drop_table('fact_change')
    op.drop_table('article_week')
